"""Do signals tell what labels say, in people never seen? Whose labels, for whom, and where else?"""

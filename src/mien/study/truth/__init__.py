"""How wrong is the instrument? Faces, voices, clocks and turns held against known truth and other rulers."""

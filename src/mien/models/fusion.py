"""Models of ratings and of several signals that scikit-learn does not have; whatever they fit, they fit on their part.

Stacking learns how much each signal's model may say from what these models say about people they were not fitted on
(Wolpert 1992, Neural Networks 5: 241; for ratings with weights of at least 0: Breiman 1996, Machine Learning 24: 49).
Who these people are is told by ``groups``: connected people are held out whole inside the training part too.
"""

import numpy as np
from scipy.optimize import nnls
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold


class SpreadRidge(RegressorMixin, BaseEstimator):
    """Ridge regression whose penalty is ``penalty`` × the number of columns that vary.

    A penalty of 1 for each column is the best guess where standardised columns together explain half of the variance,
    each as much as any other; it is set in advance, and more columns do not fit more freely.
    """

    def __init__(self, penalty=1.0):
        self.penalty = penalty

    def fit(self, X, y):
        """Fit on columns ``X`` (n, columns) and ratings ``y`` (n,)."""
        X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        self.centre_, self.mean_ = X.mean(axis=0), y.mean()
        X, y = X - self.centre_, y - self.mean_
        shrink = self.penalty * max(int((X.std(axis=0) > 0).sum()), 1)
        if X.shape[1] <= X.shape[0]:
            self.coef_ = np.linalg.solve(X.T @ X + shrink * np.eye(X.shape[1]), X.T @ y)
        else:
            self.coef_ = X.T @ np.linalg.solve(X @ X.T + shrink * np.eye(X.shape[0]), y)
        return self

    def predict(self, X):
        """The rating of each row, (n,)."""
        return (np.asarray(X, dtype=float) - self.centre_) @ self.coef_ + self.mean_


class _Stacked(BaseEstimator):
    holds_people_out = True

    def __init__(self, parts, n_folds=5):
        self.parts = parts
        self.n_folds = n_folds

    def _inside(self, X, y, groups, tell):
        """What each signal's model, fitted on other people of the training part, says: a list of (n, k)."""
        folds = list(GroupKFold(min(self.n_folds, len(np.unique(groups)))).split(X, y, groups))
        said = []
        for _, part in self.parts:
            one = [(test, tell(clone(part).fit(X.iloc[train], y[train]), X.iloc[test])) for train, test in folds]
            told = np.empty((len(y), one[0][1].shape[1]))
            for test, values in one:
                told[test] = values
            said.append(told)
        return said

    def _fit_parts(self, X, y):
        self.parts_ = [clone(part).fit(X, y) for _, part in self.parts]


class StackedClassifier(ClassifierMixin, _Stacked):
    """A logistic regression on the log-odds that one model per signal gives to people it was not fitted on."""

    def fit(self, X, y, groups):
        """Fit on a DataFrame of signals, classes ``y`` (n,) and integers ``groups`` (n,), one for connected people."""
        self.classes_ = np.unique(y)
        said = self._inside(X, y, groups, self._odds)
        self.blend_ = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(np.hstack(said), y)
        self._fit_parts(X, y)
        return self

    def predict_proba(self, X):
        """Probabilities (n, classes)."""
        return self.blend_.predict_proba(np.hstack([self._odds(part, X) for part in self.parts_]))

    def predict(self, X):
        """The likeliest class of each row, (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _odds(self, part, X):
        told = np.zeros((len(X), len(self.classes_)))
        told[:, np.searchsorted(self.classes_, part.classes_)] = part.predict_proba(X)
        told = np.clip(told, 0.001, 0.999)
        return np.log(told / (1 - told))[:, 1 if len(self.classes_) == 2 else 0 :]


class StackedRatings(RegressorMixin, _Stacked):
    """A sum, with weights of at least 0, of what one model per signal predicts for people it was not fitted on."""

    def fit(self, X, y, groups):
        """Fit on a DataFrame of signals, ratings ``y`` (n,) and integers ``groups`` (n,), one for connected people."""
        said = np.hstack(self._inside(X, y, groups, lambda part, some: part.predict(some)[:, None]))
        self.mean_ = y.mean()
        self.weights_ = nnls(said - self.mean_, y - self.mean_)[0]
        self._fit_parts(X, y)
        return self

    def predict(self, X):
        """The rating of each row, (n,)."""
        said = np.stack([part.predict(X) for part in self.parts_], axis=1)
        return self.mean_ + (said - self.mean_) @ self.weights_

package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;

/** Judges a history by itself: the same history always gets the same finding. */
@FunctionalInterface
public interface Checker {
    Finding check(History history);
}

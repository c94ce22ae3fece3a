package io.cairn.config;

/** Redis's glob patterns over names, without regard to case (stringmatchlen). */
final class Glob {
    private Glob() {}

    static boolean matches(String pattern, String name) {
        return matches(pattern, 0, name, 0);
    }

    /** Backtracks to the last star only, so that the time is bounded by pattern times name. */
    private static boolean matches(String p, int pStart, String s, int sStart) {
        int pi = pStart;
        int si = sStart;
        int starAt = -1;
        int starName = -1;
        while (si < s.length()) {
            if (pi < p.length() && p.charAt(pi) == '*') {
                starAt = pi++;
                starName = si;
                continue;
            }
            int next = pi < p.length() ? one(p, pi, s.charAt(si)) : -1;
            if (next >= 0) {
                pi = next;
                si++;
            } else if (starAt >= 0) {
                pi = starAt + 1;
                si = ++starName;
            } else {
                return false;
            }
        }
        while (pi < p.length() && p.charAt(pi) == '*') {
            pi++;
        }
        return pi == p.length();
    }

    /** Matches one character; the pattern's position after it, or -1. */
    private static int one(String p, int at, char c) {
        char first = p.charAt(at);
        if (first == '?') {
            return at + 1;
        }
        if (first == '[') {
            return set(p, at + 1, c);
        }
        int literal = first == '\\' && at + 1 < p.length() ? at + 1 : at;
        return fold(p.charAt(literal)) == fold(c) ? literal + 1 : -1;
    }

    private static int set(String p, int start, char c) {
        int at = start;
        boolean not = at < p.length() && p.charAt(at) == '^';
        if (not) {
            at++;
        }
        boolean found = false;
        while (at < p.length() && p.charAt(at) != ']') {
            if (p.charAt(at) == '\\' && at + 1 < p.length()) {
                at++;
                found |= fold(p.charAt(at)) == fold(c);
            } else if (at + 2 < p.length() && p.charAt(at + 1) == '-') {
                char low = fold(p.charAt(at));
                char high = fold(p.charAt(at + 2));
                found |= fold(c) >= Math.min(low, high) && fold(c) <= Math.max(low, high);
                at += 2;
            } else {
                found |= fold(p.charAt(at)) == fold(c);
            }
            at++;
        }
        return found == not ? -1 : Math.min(at + 1, p.length());
    }

    private static char fold(char c) {
        return Character.toLowerCase(c);
    }
}

package io.cairn.jepsen.check.append;

/** Why one transaction must have come before another. In a cycle the first of them between two transactions is the one told. */
enum Dependency {
    /** It appended to a key just before the other did. */
    WRITE_WRITE(1),
    /** The other saw its append as the last one. */
    WRITE_READ(2),
    /** It did not see the other's append. */
    READ_WRITE(4),
    /** It had returned before the other was called. */
    REAL_TIME(8);

    /** One bit for each, so that a number stands for a set of them. */
    final int bit;

    Dependency(int bit) {
        this.bit = bit;
    }
}

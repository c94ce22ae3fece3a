package io.cairn.gossip;

/** What this node believes of a member. It is a hint: no decision about data or ownership may rest on it alone. */
public enum Health {
    /** It answers, directly or to others. */
    ALIVE,
    /** It refused or missed a ping and has not yet refuted the suspicion. */
    SUSPECT,
    /** It left, or the suspicion was not refuted in time. */
    DEAD
}

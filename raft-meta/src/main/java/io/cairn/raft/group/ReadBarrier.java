package io.cairn.raft.group;

/** Callback of a read barrier; one of the two is called once, on a thread of the group: hop before working. */
public interface ReadBarrier {
    void passed();

    /** The read must be refused; it had no effect. */
    void refused(Failure failure);
}

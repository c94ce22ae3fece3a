package io.cairn.raft.meta;

/** Settings of a node about members of groups. Any thread. */
public interface MemberRules {
    /** A lost voter is replaced after a minute, and this node votes. */
    MemberRules DEFAULTS = new MemberRules() {
        @Override
        public boolean votes() {
            return true;
        }

        @Override
        public long lostVoterMillis() {
            return 60_000;
        }
    };

    /** False for a read replica: it is a voter of nothing while anybody else can be. */
    boolean votes();

    /** How long a voter has been gone when another that can takes its seat; 0 for never. */
    long lostVoterMillis();
}

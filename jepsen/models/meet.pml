/*
 * CLUSTER MEET of three nodes, each in a cluster of its own, all at once (raft-meta/DESIGN-meta.md, Meeting; SAFETY 18). README.md says what
 * is abstracted. A macro named after the rule breaks it.
 */
#define N 3
#ifndef CRASHES
#define CRASHES 1
#endif
#define BIT(n) (1 << (n))

/* Cluster c begins as node c's own. */
byte home[N];       /* the cluster that a node belongs to, on its disk */
byte joins[N];      /* cluster + 1 that it is sealed for, on its disk */
byte members[N];    /* of each cluster's map */
bool admits[N * N]; /* node * N + cluster: it has asked to be admitted; the question may come at any time, and again */
byte invites[N];    /* clusters that a node was told to join, likewise */
byte crashes;

#define SIZE(c) ((members[c] & 1) + ((members[c] >> 1) & 1) + ((members[c] >> 2) & 1))
/* A cluster's log takes nothing once its only node has sealed it, or has left. */
#define LIVES(c) (home[c] == c || SIZE(c) > 1)
#ifdef SAFETY18_SEALED_ADMITS
#define TAKES(c) LIVES(c)
#else
#define TAKES(c) (LIVES(c) && !(SIZE(c) == 1 && joins[c] > 0))
#endif
#define OTHER(c, n) (c != home[n] && (members[c] & BIT(n)) && LIVES(c))

/* A node that goes on is in one map that does; and nobody is left in one that does not. */
inline safe() {
    assert(members[home[0]] & 1);
    assert(members[home[1]] & 2);
    assert(members[home[2]] & 4);
    assert(joins[0] > 0 || !(OTHER(0, 0) || OTHER(1, 0) || OTHER(2, 0)));
    assert(joins[1] > 0 || !(OTHER(0, 1) || OTHER(1, 1) || OTHER(2, 1)));
    assert(joins[2] > 0 || !(OTHER(0, 2) || OTHER(1, 2) || OTHER(2, 2)))
}

/* Meeting.join */
inline seal(i, to) {
    joins[i] = to + 1
}

/* What the other says of itself is old when a node acts by it. */
inline look(other) {
    asked = other;
    cluster = home[other];
    size = SIZE(home[other])
}

proctype node(byte n) {
    byte asked, cluster, size;
end:
    do
    :: d_step { size == 0 && joins[n] == 0 && joins[(n + 1) % N] == 0 && home[n] != home[(n + 1) % N] -> look((n + 1) % N) }
    :: d_step { size == 0 && joins[n] == 0 && joins[(n + 2) % N] == 0 && home[n] != home[(n + 2) % N] -> look((n + 2) % N) }
    :: d_step {
        size > 0 ->
            if
            :: joins[n] > 0 || home[n] == cluster
            :: else ->
                if
#ifdef SAFETY18_NO_ORDER
                :: true ->
#else
                :: SIZE(home[n]) < size || (SIZE(home[n]) == size && home[n] < cluster) ->
#endif
                    if
                    :: SIZE(home[n]) == 1 -> seal(n, cluster)
                    :: else
                    fi
                :: else ->
                    if
                    :: size == 1 -> invites[asked] = invites[asked] | BIT(home[n])
                    :: else
                    fi
                fi
            fi;
            asked = 0;
            cluster = 0;
            size = 0
    }
    /* Meeting.answerJoin: the first that is here. */
    :: d_step { joins[n] == 0 && SIZE(home[n]) == 1 && (invites[n] & 1) && home[n] != 0 -> seal(n, 0) }
    :: d_step { joins[n] == 0 && SIZE(home[n]) == 1 && (invites[n] & 2) && home[n] != 1 -> seal(n, 1) }
    :: d_step { joins[n] == 0 && SIZE(home[n]) == 1 && (invites[n] & 4) && home[n] != 2 -> seal(n, 2) }
    /* Meeting.tick */
    :: d_step { joins[n] > 0 && SIZE(home[n]) > 1 -> joins[n] = 0; safe() }
    :: d_step { joins[n] > 0 && SIZE(home[n]) == 1 && !admits[n * N + joins[n] - 1] -> admits[n * N + joins[n] - 1] = true }
    /* The answer: it is in, or the other has left that cluster alone. */
    :: d_step {
        joins[n] > 0 && SIZE(home[n]) == 1 && (members[joins[n] - 1] & BIT(n)) ->
            home[n] = joins[n] - 1;
            joins[n] = 0;
            safe()
    }
    :: d_step { joins[n] > 0 && !LIVES((joins[n] - 1)) -> joins[n] = 0; safe() }
    /* Admit, in the log of a cluster that n has asked. */
    :: d_step { admits[n * N] && TAKES(0) && !(members[0] & BIT(n)) -> members[0] = members[0] | BIT(n); safe() }
    :: d_step { admits[n * N + 1] && TAKES(1) && !(members[1] & BIT(n)) -> members[1] = members[1] | BIT(n); safe() }
    :: d_step { admits[n * N + 2] && TAKES(2) && !(members[2] & BIT(n)) -> members[2] = members[2] | BIT(n); safe() }
    :: d_step {
        crashes < CRASHES ->
            crashes++;
            asked = 0;
            cluster = 0;
            size = 0;
#ifdef SAFETY18_SEAL_NOT_ON_DISK
            joins[n] = 0;
#endif
            safe()
    }
    od
}

active proctype finish() {
    timeout -> assert(home[0] == home[1] && home[1] == home[2] && members[home[0]] == 7)
}

init {
    atomic {
        home[1] = 1;
        home[2] = 2;
        members[0] = 1;
        members[1] = 2;
        members[2] = 4;
        run node(0);
        run node(1);
        run node(2)
    }
}

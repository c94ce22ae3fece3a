/*
 * One shard goes from gossip mode to raft mode, while its replicas may elect another primary (resp-server/DESIGN-rollout.md,
 * gossip/DESIGN.md; SAFETY 19). README.md says what is abstracted. A macro named after the rule breaks it.
 */
#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#ifndef WRITES
#define WRITES 2
#endif
#ifndef CRASHES
#define CRASHES 1 /* kill -9 and restart of a node */
#endif
#ifndef SILENCES
#define SILENCES 2 /* a voter has not heard the primary for the node timeout */
#endif

/* Nodes 0, 1, 2 are the shard's members; 0 is its first primary, 1 may be elected. Nodes 0, 3, 4 vote. */
#define NODES 5
#define VOTERS(mask) ((mask & 1) + ((mask >> 3) & 1) + ((mask >> 4) & 1))
#define MEMBERS(mask) ((mask & 1) + ((mask >> 1) & 1) + ((mask >> 2) & 1))
#define BIT(n) (1 << (n))

/* Where the driver of an attempt is: ToRaft. */
#define NONE 0
#define PROMISE 1
#define DIGEST 2
#define REACH 3
#define PROPOSED 4

/*
 * The map: the attempt that runs, and the one that was committed; 0 for none. That an attempt is over, or the shard raft's, stays so once it is
 * true, and it is all that nodes act by: so a map that is old is the same as a node that acts late.
 */
byte running;
byte raft;
byte attempts;
byte primary[ATTEMPTS + 1]; /* of the attempt */
byte proposed[ATTEMPTS + 1]; /* ShardToRaft, with the members that reached: on its way, to be taken at any time */
byte voters;   /* of the raft shard */
byte sealedAt; /* its base */

/* Each node's own. */
byte view[NODES];  /* who leads the shard by its claims */
byte promised[NODES];
bool granted[NODES]; /* voted for node 1, and does not know how that ended */
bool supports[NODES] = true; /* answers the pings of node 0: it votes for no other */

/* Each member's own. */
byte data[3] = 1;   /* offset in the stream */
byte synced[3] = 1; /* as much is on the disk */
byte stream[3] = 1; /* history of it */
bool differs[3];    /* the values are not those of the primary, whatever the offset */
byte seal[3];       /* attempt */
byte sealOffset[3];
bool isRaft[3];

/* The driver's memory. */
byte step;
byte driver;
byte attempt;
byte promises;
byte equal;
byte reached;
byte offset;
byte history;

bool stands; /* node 1 has a ballot */
byte acked = 1;
byte writes;
byte histories = 1;
byte crashes;
byte silences;

#define LEASE (supports[3] || supports[4])
#define PRIMARY(n) (!isRaft[n] && view[n] == n && seal[n] == 0)
#define SERVES0 (PRIMARY(0) && LEASE)
#define SERVES1 PRIMARY(1)
#define OWNER (view[1] == 1 -> 1 : 0) /* whoever was elected last */
#define OPEN ((isRaft[0] && (voters & 1)) + (isRaft[1] && (voters & 2)) + (isRaft[2] && (voters & 4)))
#define SERVES_RAFT (voters > 0 && OPEN > MEMBERS(voters) / 2)
#define IS_OVER(a) (running != a && raft != a)

#ifdef SAFETY19_COMMIT_AFTER_ABORT
#define IS_COMMITTABLE(a) (raft == 0)
#else
#define IS_COMMITTABLE(a) (raft == 0 && running == a)
#endif

#ifdef SAFETY19_NO_PROMISES
#define HAVE_PROMISED(mask) true
#else
#define HAVE_PROMISED(mask) (VOTERS(mask) >= 2 && MEMBERS(mask) >= 2 && ((mask >> driver) & 1))
#endif

#ifdef SAFETY19_NO_PROMISES
#define HAS_PROMISED(n) true
#else
#define HAS_PROMISED(n) ((promises >> n) & 1)
#endif
#ifdef SAFETY19_NO_DIGEST
#define MAY_REACH(n) (n != driver && HAS_PROMISED(n))
#else
#define MAY_REACH(n) (n != driver && HAS_PROMISED(n) && stream[n] == stream[driver] && differs[n] == differs[driver])
#endif

#if defined(SAFETY19_NO_FSYNC) || defined(SAFETY19_LAGGARD_VOTES)
#define HAS_DATA(n) true
#else
#define HAS_DATA(n) (seal[n] == raft && data[n] == sealOffset[n])
#endif

#ifdef SAFETY19_PROMISE_AFTER_VOTE
#define MAY_PROMISE(n) !(n == 1 && stands)
#else
#define MAY_PROMISE(n) (!granted[n] && !(n == 1 && stands))
#endif

inline safe() {
    assert(SERVES0 + SERVES1 + SERVES_RAFT <= 1)
}

inline forget() {
    step = NONE;
    driver = 0;
    attempt = 0;
    promises = 0;
    equal = 0;
    reached = 0;
    offset = 0;
    history = 0
}

inline begin() {
    attempts++;
    running = attempts;
    primary[attempts] = driver;
    step = PROMISE;
    attempt = attempts;
    promised[driver] = attempt;
    promises = BIT(driver)
}

inline commit() {
    running = 0;
    raft = a;
    voters = proposed[a];
    a = 0
}

inline restart() {
#ifdef SAFETY19_SEAL_NOT_ON_DISK
    seal[n] = 0;
#endif
    if
    :: data[n] = synced[n]
    :: synced[n] = data[n]
    fi;
    if
    :: step != NONE && driver == n -> forget()
    :: else
    fi;
    if
    :: n == 1 -> stands = false
    :: else
    fi;
    if
    :: view[n] == n && seal[n] == 0 ->
        histories++;
        stream[n] = histories
    :: else
    fi;
    if
    :: OWNER == n && seal[n] == 0 && raft == 0 && data[n] < acked ->
        /* Of gossip mode itself: what was not on the primary's disk is lost. */
        acked = data[n]
    :: else
    fi
}

/* BeginAttempt, AbortAttempt, ShardToRaft: one compare-and-set after the other. An abort may be proposed by the driver, and for it. */
active proctype meta() {
    byte a;
end:
    do
    :: d_step { running > 0 -> running = 0 }
    :: d_step { proposed[1] > 0 && IS_COMMITTABLE(1) -> a = 1; commit() }
#if ATTEMPTS > 1
    :: d_step { proposed[2] > 0 && IS_COMMITTABLE(2) -> a = 2; commit() }
#endif
    od
}

/* What each node does by what it knows. */
proctype node(byte n) {
end:
    do
    /* Rollouts.settle */
    :: d_step { promised[n] > 0 && IS_OVER(promised[n]) -> promised[n] = 0 }
    :: d_step { raft > 0 && promised[n] != raft -> promised[n] = raft }
#ifdef SAFETY19_PROMISE_ENDS_BY_TIME
    :: d_step { promised[n] > 0 -> promised[n] = 0 }
#endif
    /* Promises.give: whoever asks, and when. */
    :: d_step {
        attempts > 0 && step == PROMISE && !((promises >> n) & 1) && promised[n] <= attempt && view[n] == driver &&
        MAY_PROMISE(n) ->
            promised[n] = attempt;
            promises = promises | BIT(n)
    }
#if ATTEMPTS > 1
    /* The question of an attempt that is over may come late. */
    :: d_step {
        n > 2 && attempts > 0 && promised[n] < attempts && running != attempts && view[n] == primary[attempts] && MAY_PROMISE(n) ->
            promised[n] = attempts
    }
#endif
    /* Voter: who leads the shard is heard at some time. */
    :: d_step {
        n != 1 && view[1] == 1 && view[n] != 1 && (n > 2 || !isRaft[n]) ->
            view[n] = 1;
            granted[n] = false
    }
    :: d_step { granted[n] && !stands && view[1] == 0 -> granted[n] = false }
    :: d_step {
        n > 2 && stands && !granted[n] && promised[n] == 0 && !supports[n] && view[n] == 0 ->
            granted[n] = true
    }
    :: d_step { n > 2 && supports[n] && silences < SILENCES -> silences++; supports[n] = false }
    :: d_step { n > 2 && !supports[n] && !granted[n] && view[n] == 0 -> supports[n] = true; safe() }
    /* kill -9: what is not on the disk is lost, or not; a seal and what was promised are on it. */
    :: atomic {
        crashes < CRASHES ->
            crashes++;
#ifdef SAFETY19_PROMISE_NOT_ON_DISK
            promised[n] = 0;
#endif
            if
            :: n <= 2 && !isRaft[n] -> restart()
            :: else
            fi;
            safe()
    }
    od
}

/* A member: clients, the stream, seal and switch. */
proctype member(byte n) {
end:
    do
    :: d_step {
        writes < WRITES && ((n == 0 && SERVES0) || (n == 1 && SERVES1)) ->
            writes++;
            data[n]++;
            acked = data[n]
    }
    :: d_step {
        !isRaft[n] && view[n] != n && !isRaft[view[n]] && stream[n] == stream[view[n]] && data[n] < data[view[n]] && seal[n] == 0 ->
            data[n]++
    }
    :: d_step {
        !isRaft[n] && view[n] != n && view[view[n]] == view[n] && !isRaft[view[n]] && stream[n] != stream[view[n]] && seal[n] == 0 ->
            stream[n] = stream[view[n]];
            data[n] = data[view[n]];
            synced[n] = data[n];
            differs[n] = differs[view[n]]
    }
    /* REACH: ShardSwitch.reach */
    :: d_step {
        step == REACH && n != driver && ((equal >> n) & 1) && !isRaft[n] && data[n] == offset && stream[n] == history && !((reached >> n) & 1) ->
            seal[n] = attempt;
            sealOffset[n] = offset;
#ifndef SAFETY19_NO_FSYNC
            synced[n] = data[n];
#endif
            reached = reached | BIT(n)
    }
    /* ShardSwitch.unseal */
    :: d_step {
        seal[n] > 0 && !isRaft[n] && IS_OVER(seal[n]) ->
            seal[n] = 0;
            sealOffset[n] = 0;
            safe()
    }
#ifdef SAFETY19_UNSEAL_BY_TIME
    :: d_step { seal[n] > 0 && !isRaft[n] && step != REACH -> seal[n] = 0; sealOffset[n] = 0; safe() }
#endif
    /* ShardSwitch.toRaft: a voter goes on with what it has; others begin with nothing. */
    :: d_step {
        !isRaft[n] && raft > 0 && ((voters >> n) & 1) && HAS_DATA(n) ->
            isRaft[n] = true;
            assert(data[n] == acked && !differs[n]);
            safe()
    }
    :: d_step {
        !isRaft[n] && raft > 0 && !((voters >> n) & 1) ->
            isRaft[n] = true;
            data[n] = 0;
            seal[n] = 0;
            sealOffset[n] = 0;
            safe()
    }
#ifdef SAFETY19_SWITCH_BEFORE_COMMIT
    :: d_step { !isRaft[n] && step == PROPOSED && ((reached >> n) & 1) -> isRaft[n] = true; voters = reached; safe() }
#endif
    od
}

/* The shard's primary takes it to raft. Each step may be the last: a timeout, or the primary's end. */
active proctype drive() {
end:
    do
    :: d_step {
        step == NONE && attempts < ATTEMPTS && running == 0 && raft == 0 && PRIMARY(0) && promised[0] == 0 -> driver = 0; begin()
    }
    :: d_step {
        step == NONE && attempts < ATTEMPTS && running == 0 && raft == 0 && PRIMARY(1) && promised[1] == 0 -> driver = 1; begin()
    }
    :: d_step { step != NONE && running != attempt -> forget() }
    :: d_step {
        step == PROMISE && HAVE_PROMISED(promises) ->
            step = DIGEST
    }
    /* The members whose data is equal at the mark. */
    :: d_step {
        step == DIGEST && PRIMARY(driver) ->
            equal = BIT(driver);
            equal = (MAY_REACH(0) -> equal | 1 : equal);
            equal = (MAY_REACH(1) -> equal | 2 : equal);
            equal = (MAY_REACH(2) -> equal | 4 : equal);
            step = REACH;
            offset = data[driver];
            history = stream[driver];
            seal[driver] = attempt;
            sealOffset[driver] = offset;
            synced[driver] = offset;
            reached = BIT(driver)
    }
    :: d_step {
        step == REACH && MEMBERS(reached) >= 2 ->
            step = PROPOSED;
#ifdef SAFETY19_LAGGARD_VOTES
            proposed[attempt] = 7
#else
            proposed[attempt] = reached
#endif
    }
    od
}

/* Node 1 stands for the place of node 0: Succession, Candidate. */
active proctype candidate() {
end:
    do
    :: d_step { !stands && view[1] == 0 && !isRaft[1] && promised[1] == 0 && silences > 0 -> stands = true }
    :: d_step { stands && !(granted[3] && granted[4]) && silences == SILENCES && (supports[3] || supports[4]) -> stands = false }
    :: d_step {
        stands && granted[3] && granted[4] ->
            stands = false;
            view[1] = 1;
            histories++;
            stream[1] = histories;
            /* Of gossip mode itself: what had not come here is lost. */
            acked = data[1];
            safe()
    }
    od
}

/* When nothing is left to do: the one side or the other serves. */
active proctype finish() {
    timeout ->
        assert(SERVES0 + SERVES1 + SERVES_RAFT == 1);
        assert(running == 0);
        assert(raft > 0 || (promised[0] + promised[1] + promised[2] + promised[3] + promised[4] == 0))
}

init {
    atomic {
        if
        :: differs[2] = true
        :: skip
        fi;
        run member(0);
        run member(1);
        run member(2);
        run node(0);
        run node(1);
        run node(2);
        run node(3);
        run node(4)
    }
}

/*
 * Atomic migration of one slot with one key between two shards (raft-shards/DESIGN-migration.md; SAFETY 13 to 16). README.md says what is
 * abstracted. A macro named after a rule breaks that rule.
 */
#ifndef MIGRATIONS
#define MIGRATIONS 2 /* one after the other; the second goes back if the first was committed */
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2 /* of each */
#endif
#ifndef WRITES
#define WRITES 2
#endif
#ifndef CHANGES
#define CHANGES 1 /* of a shard's leader, both shards together */
#endif
#ifndef STRAYS
#define STRAYS 1 /* pieces of a stream that come out of turn */
#endif
#define VERSIONS (MIGRATIONS * (ATTEMPTS + 3) + 1) /* each has a begin, its attempts and an end; broken ones another */
#define PIECES (WRITES + 2)                        /* the key, each write, the end */
#define QUEUE 2                                    /* entries that are not committed yet; a leader has one control entry among them */

/* Of a slot, in a shard's log: SlotState. */
#define ABSENT 0
#define SERVING 1
#define FROZEN 2
#define DROPPED 3
#define RECEIVING 4

/* Of a migration, in the map. */
#define NEVER 0
#define RUNNING 1
#define DONE 2
#define OVER 3

/* Entries of a shard's log: ShardEntry. */
#define WRITE 1        /* value */
#define ACTIVATE 2     /* epoch, committed migration + 1, its attempt */
#define FREEZE 3       /* epoch */
#define DROP 4         /* epoch */
#define IMPORT_BEGIN 5 /* id, attempt, since, epoch at the source */
#define IMPORT 6       /* id, attempt, number */
#define IMPORT_DROP 7  /* id, attempt */
#define UNFREEZE 8     /* epoch; a broken variant's */

/* What the source's leader is at: MigrationSource. */
#define IDLE 0
#define BEGUN 1
#define ASKED 2
#define STREAM 3
#define HANDOFF 4

#define END 255
#define PAIR(id, attempt) ((id) * ATTEMPTS + (attempt) - 1)
#define OWN(i) PAIR(shard[i].id, shard[i].attempt) /* the attempt that shard i's leader makes */
#define TAKEN(i) PAIR(shard[i].import - 1, shard[i].importAttempt) /* and the one that it receives */
#define PIECE(id, attempt, number) (PAIR(id, attempt) * PIECES + (number))

/* The map as of each entry of the meta group's log. */
typedef Map {
    byte owner;
    byte epoch;
    byte state[MIGRATIONS];
    byte attempt[MIGRATIONS];
    byte epochs[MIGRATIONS]; /* under which the running attempt streams */
    byte from[MIGRATIONS]
};
Map map[VERSIONS];
byte version;

typedef Shard {
    /* What its applied log says. */
    byte state;
    byte epoch;
    byte data; /* the key's value, 0 for none; also while it is hidden */
    byte import; /* id + 1 */
    byte importAttempt;
    byte importSince;
    byte importEpoch;
    byte importNext;
    bool importEnded;
    /* Of its leader alone. */
    byte seen;    /* version of its map */
    bool control; /* a control entry is under way */
    byte step;
    byte id;
    byte attempt;
    byte began; /* version that has the attempt */
    byte streams /* epoch */
};
Shard shard[2];
chan entries[2] = [QUEUE] of { byte, byte, byte, byte, byte };

/* What is on its way may come at any time, in any order, again, or never. */
byte asked[MIGRATIONS * ATTEMPTS]; /* BEGIN, with the epoch */
byte sent[MIGRATIONS * ATTEMPTS * PIECES];
byte sentNumber[MIGRATIONS * ATTEMPTS];
bool commits[MIGRATIONS * ATTEMPTS]; /* CommitMigration was proposed */

/* Clients: values are written in growing order, the first is there at the beginning. */
byte written = 1;
byte acked = 1;
bool refused[WRITES + 2];
byte changes;
byte strays;
bool deposed; /* a leader that does not know of its end yet has begun an attempt */
bool cancelled[MIGRATIONS];

#ifdef SAFETY14_REPLICA_READS_UNCHECKED
byte replicaState = SERVING;
byte replicaData = 1;
#endif

#ifdef SAFETY13_READ_META_MAP
#define SERVES(i) (map[shard[i].seen].owner == i)
#elif defined(SAFETY15_SERVE_BEFORE_ACTIVATE)
#define SERVES(i) (shard[i].state == SERVING || (shard[i].state == RECEIVING && shard[i].importEnded))
#else
#define SERVES(i) (shard[i].state == SERVING)
#endif

/* What the leader's check before a proposal has passed is looked at again in apply. */
#ifdef SAFETY14_NO_CHECK_IN_APPLY
#define TAKES(i) (shard[i].state == SERVING || shard[i].state == FROZEN)
#else
#define TAKES(i) SERVES(i)
#endif

#ifdef SAFETY15_COMMIT_OF_ANY_ATTEMPT
#define IS_COMMITTABLE(i, a) (map[version].state[i] == RUNNING && map[version].attempt[i] > 0)
#elif defined(SAFETY14_COMMIT_AFTER_ABORT)
#define IS_COMMITTABLE(i, a) (map[version].state[i] != DONE && map[version].attempt[i] == a && map[version].owner == map[version].from[i])
#else
#define IS_COMMITTABLE(i, a) (map[version].state[i] == RUNNING && map[version].attempt[i] == a && map[version].epochs[i] == map[version].epoch && map[version].owner == map[version].from[i])
#endif

#define LAST (MIGRATIONS - 1)
#define MAP(i) map[shard[i].seen]
/* The migration under way by the map of shard i's leader: one at a time. */
#define RUNS(i) (MAP(i).state[0] == RUNNING || MAP(i).state[LAST] == RUNNING)
#define THE(i) (MAP(i).state[0] == RUNNING -> 0 : LAST)
#define REQUIRED(i) (MAP(i).state[shard[i].id] == RUNNING && MAP(i).attempt[shard[i].id] == shard[i].attempt)
#define FREE(i) (!shard[i].control && nfull(entries[i]))

inline safe() {
    assert(!(SERVES(0) && SERVES(1)));
    assert(!SERVES(0) || (shard[0].data >= acked && !refused[shard[0].data]));
    assert(!SERVES(1) || (shard[1].data >= acked && !refused[shard[1].data]))
}

inline nextVersion() {
    map[version + 1].owner = map[version].owner;
    map[version + 1].epoch = map[version].epoch;
    for (n : 0 .. MIGRATIONS - 1) {
        map[version + 1].state[n] = map[version].state[n];
        map[version + 1].attempt[n] = map[version].attempt[n];
        map[version + 1].epochs[n] = map[version].epochs[n];
        map[version + 1].from[n] = map[version].from[n]
    }
    n = 0;
    version++
}

/* MigrationChanges.start: whatever ends an attempt grants the slots anew. */
inline startAttempt(m) {
    nextVersion();
    if
    :: map[version].attempt[m] > 0 -> map[version].epoch++
    :: else
    fi;
    map[version].attempt[m]++;
    map[version].epochs[m] = map[version].epoch
}

/* A piece of the stream, in the order in which the source has applied what it says. */
inline send(i, what) {
    sent[PIECE(shard[i].id, shard[i].attempt, sentNumber[OWN(i)])] = what;
    sentNumber[OWN(i)]++
}

/* One committed entry of shard i; live if the leader that proposed it leads and answers. */
inline apply(i, live) {
    if
    :: k == WRITE ->
        if
        :: TAKES(i) ->
            shard[i].data = a;
            if
            :: live ->
                acked = a;
#ifndef SAFETY16_STREAM_UNAPPLIED
                if
                :: shard[i].step == STREAM -> send(i, a)
                :: else
                fi
#endif
            :: else
            fi
        :: else ->
            if
            :: live -> refused[a] = true
            :: else
            fi
        fi
    :: k == ACTIVATE && shard[i].epoch < a ->
        if
        :: shard[i].state == DROPPED -> shard[i].data = 0
        :: shard[i].state == RECEIVING &&
            !(shard[i].importEnded &&
                (shard[i].importEpoch + 1 == a || (b == shard[i].import && c == shard[i].importAttempt))) ->
            shard[i].data = 0
        :: else
        fi;
        shard[i].state = SERVING;
        shard[i].epoch = a;
        forgetImport(i)
    :: k == FREEZE && shard[i].state == SERVING && shard[i].epoch == a -> shard[i].state = FROZEN
    :: k == UNFREEZE && shard[i].state == FROZEN && shard[i].epoch == a -> shard[i].state = SERVING
    :: k == DROP && shard[i].state == FROZEN && shard[i].epoch == a ->
        shard[i].state = DROPPED
    :: k == IMPORT_BEGIN &&
        !(shard[i].import == a + 1 && shard[i].importAttempt >= b) &&
        ((shard[i].import == a + 1 && shard[i].state == RECEIVING) ||
            (shard[i].import == 0 && (shard[i].state == ABSENT || shard[i].state == DROPPED))) ->
        shard[i].data = 0;
        shard[i].state = RECEIVING;
        shard[i].import = a + 1;
        shard[i].importAttempt = b;
        shard[i].importSince = c;
        shard[i].importEpoch = d;
        shard[i].importNext = 0;
        shard[i].importEnded = false
#ifdef SAFETY16_NO_NUMBERS
    :: k == IMPORT && shard[i].import == a + 1 && !shard[i].importEnded && shard[i].importAttempt == b ->
#else
    :: k == IMPORT && shard[i].import == a + 1 && !shard[i].importEnded && shard[i].importAttempt == b &&
        shard[i].importNext == c ->
#endif
        if
        :: sent[PIECE(a, b, c)] == END -> shard[i].importEnded = true
        :: else -> shard[i].data = sent[PIECE(a, b, c)]
        fi;
        shard[i].importNext++
    :: k == IMPORT_DROP && shard[i].import == a + 1 && shard[i].importAttempt <= b ->
        if
        :: shard[i].state == RECEIVING -> shard[i].state = DROPPED
        :: else
        fi;
        forgetImport(i)
    :: else
    fi;
    if
    :: live && k != WRITE && k != IMPORT -> shard[i].control = false
    :: else
    fi;
    k = 0;
    a = 0;
    b = 0;
    c = 0;
    d = 0;
    safe()
}

inline forgetImport(i) {
    shard[i].import = 0;
    shard[i].importAttempt = 0;
    shard[i].importSince = 0;
    shard[i].importEpoch = 0;
    shard[i].importNext = 0;
    shard[i].importEnded = false
}

inline stop(i) {
    shard[i].step = IDLE;
    shard[i].id = 0;
    shard[i].attempt = 0;
    shard[i].began = 0;
    shard[i].streams = 0
}

inline commit(m) {
    nextVersion();
    map[version].owner = 1 - map[version].owner;
    map[version].epoch++;
    map[version].state[m] = DONE
}

inline cancel(m) {
    cancelled[m] = true;
    nextVersion();
    map[version].epoch++;
    map[version].state[m] = OVER
}

/* The meta group: what was proposed is taken at some time. An operator begins migrations, and cancels them. */
active proctype meta() {
    byte n;
end:
    do
    :: d_step {
        map[version].state[0] == NEVER ->
            nextVersion();
            map[version].state[0] = RUNNING;
            map[version].from[0] = map[version].owner
    }
    :: d_step { map[version].state[0] == RUNNING && !cancelled[0] -> cancel(0) }
    :: d_step { commits[PAIR(0, 1)] && IS_COMMITTABLE(0, 1) -> commit(0) }
#if ATTEMPTS > 1
    :: d_step { commits[PAIR(0, 2)] && IS_COMMITTABLE(0, 2) -> commit(0) }
#endif
#if MIGRATIONS > 1
    :: d_step {
        map[version].state[0] > RUNNING && map[version].state[1] == NEVER ->
            nextVersion();
            map[version].state[1] = RUNNING;
            map[version].from[1] = map[version].owner
    }
    :: d_step { map[version].state[1] == RUNNING && !cancelled[1] -> cancel(1) }
    :: d_step { commits[PAIR(1, 1)] && IS_COMMITTABLE(1, 1) -> commit(1) }
#if ATTEMPTS > 1
    :: d_step { commits[PAIR(1, 2)] && IS_COMMITTABLE(1, 2) -> commit(1) }
#endif
#endif
#if ATTEMPTS > 1
    /* By a leader of the source that was deposed and does not know it yet. */
    :: d_step {
        !deposed && map[version].state[0] == RUNNING && map[version].attempt[0] > 0 && map[version].attempt[0] < ATTEMPTS ->
            deposed = true;
            startAttempt(0)
    }
#endif
    od
}

proctype leader(byte i) {
    byte k, a, b, c, d, m, n;
end:
    do
    :: d_step { shard[i].seen < version -> shard[i].seen++ }
    :: d_step { entries[i]?k, a, b, c, d -> apply(i, true) }
    :: d_step {
        written < WRITES + 1 && SERVES(i) && nfull(entries[i]) ->
            written++;
            entries[i]!WRITE, written, 0, 0, 0;
#ifdef SAFETY16_STREAM_UNAPPLIED
            if
            :: shard[i].step == STREAM -> send(i, written)
            :: else
            fi
#endif
    }
    /* Another leads: of what was not committed any beginning is. Its map may be older; nobody knows what the one before was at. */
    :: atomic {
        changes < CHANGES ->
            changes++;
            do
            :: entries[i]?k, a, b, c, d -> apply(i, false)
            :: break
            od;
            do
            :: entries[i]?k, a, b, c, d
            :: empty(entries[i]) -> break
            od;
            k = 0; a = 0; b = 0; c = 0; d = 0;
            shard[i].control = false;
            stop(i);
            shard[i].seen = version;
            do
            :: shard[i].seen > 0 -> shard[i].seen--
            :: break
            od;
            safe()
    }

    /* ShardReconciler.activate, Migrator.drop: by the map. */
    :: d_step {
        MAP(i).owner == i && shard[i].epoch < MAP(i).epoch && FREE(i) ->
            shard[i].control = true;
            if
            :: shard[i].import > 0 && shard[i].importEnded && MAP(i).state[shard[i].import - 1] == DONE &&
                MAP(i).attempt[shard[i].import - 1] == shard[i].importAttempt ->
                entries[i]!ACTIVATE, MAP(i).epoch, shard[i].import, shard[i].importAttempt, 0
            :: else -> entries[i]!ACTIVATE, MAP(i).epoch, 0, 0, 0
            fi
    }
    :: d_step {
#ifdef SAFETY15_DROP_BEFORE_COMMIT
        shard[i].state == FROZEN && FREE(i) && shard[1 - i].importEnded ->
#else
        shard[i].state == FROZEN && MAP(i).owner != i && MAP(i).epoch > shard[i].epoch && FREE(i) ->
#endif
            shard[i].control = true;
            entries[i]!DROP, shard[i].epoch, 0, 0, 0
    }

    /* MigrationTarget. */
    :: d_step {
        FREE(i) && RUNS(i) && MAP(i).from[THE(i)] != i && MAP(i).attempt[THE(i)] > 0 &&
            asked[PAIR(THE(i), MAP(i).attempt[THE(i)])] > 0 &&
            !(shard[i].import == THE(i) + 1 && shard[i].importAttempt == MAP(i).attempt[THE(i)]) &&
            (shard[i].state == ABSENT || shard[i].state == DROPPED || shard[i].state == RECEIVING) ->
            m = THE(i);
            shard[i].control = true;
            entries[i]!IMPORT_BEGIN, m, MAP(i).attempt[m], shard[i].seen, asked[PAIR(m, MAP(i).attempt[m])];
            m = 0
    }
    :: d_step {
        shard[i].import > 0 && shard[i].importNext < sentNumber[TAKEN(i)] && nfull(entries[i]) ->
            entries[i]!IMPORT, shard[i].import - 1, shard[i].importAttempt, shard[i].importNext, 0
    }
    /* One that comes again, or too early. */
    :: atomic {
        strays < STRAYS && shard[i].import > 0 && sentNumber[TAKEN(i)] > 0 && nfull(entries[i]) ->
            strays++;
            do
            :: n < sentNumber[TAKEN(i)] - 1 -> n++
            :: break
            od;
            entries[i]!IMPORT, shard[i].import - 1, shard[i].importAttempt, n, 0;
            n = 0
    }
    :: d_step {
        shard[i].import > 0 && MAP(i).state[shard[i].import - 1] != RUNNING && shard[i].seen >= shard[i].importSince &&
            !(MAP(i).owner == i && shard[i].epoch < MAP(i).epoch) && FREE(i) ->
            shard[i].control = true;
            entries[i]!IMPORT_DROP, shard[i].import - 1, shard[i].importAttempt, 0, 0
    }
    :: d_step {
        shard[i].import > 0 && shard[i].importEnded && MAP(i).state[shard[i].import - 1] == RUNNING &&
            MAP(i).attempt[shard[i].import - 1] == shard[i].importAttempt &&
            !commits[PAIR(shard[i].import - 1, shard[i].importAttempt)] ->
            commits[PAIR(shard[i].import - 1, shard[i].importAttempt)] = true
    }

    /* MigrationSource: each step may be the attempt's last, too. */
    :: d_step { shard[i].step != IDLE -> stop(i) }
    :: d_step {
        shard[i].step == IDLE && RUNS(i) && MAP(i).from[THE(i)] == i ->
            m = THE(i);
            if
            :: MAP(i).attempt[m] < ATTEMPTS && map[version].state[m] == RUNNING &&
                map[version].attempt[m] == MAP(i).attempt[m] ->
                startAttempt(m);
                shard[i].step = BEGUN;
                shard[i].id = m;
                shard[i].attempt = map[version].attempt[m];
                shard[i].began = version
            :: else
            fi;
            m = 0
    }
    :: d_step {
        shard[i].step == BEGUN && shard[i].seen >= shard[i].began && REQUIRED(i) && shard[i].state == SERVING &&
            shard[i].epoch == MAP(i).epoch ->
            shard[i].step = ASKED;
            shard[i].streams = shard[i].epoch;
            asked[OWN(i)] = shard[i].epoch
    }
    :: d_step {
        shard[i].step == ASKED && shard[1 - i].import == shard[i].id + 1 && shard[1 - i].importAttempt == shard[i].attempt ->
            shard[i].step = STREAM;
            send(i, shard[i].data)
    }
    :: d_step {
        shard[i].step == STREAM && REQUIRED(i) && FREE(i) && shard[i].state == SERVING ->
            shard[i].control = true;
            entries[i]!FREEZE, shard[i].streams, 0, 0, 0
    }
    :: d_step {
        shard[i].step == STREAM && shard[i].state == FROZEN && shard[i].epoch == shard[i].streams ->
            shard[i].step = HANDOFF;
            send(i, END);
#ifdef SAFETY15_COMMIT_BEFORE_QUORUM
            commits[OWN(i)] = true
#endif
    }
    :: d_step {
        shard[i].step == HANDOFF && shard[1 - i].import == shard[i].id + 1 &&
            shard[1 - i].importAttempt == shard[i].attempt && shard[1 - i].importEnded &&
            !commits[OWN(i)] ->
            commits[OWN(i)] = true
    }
#ifdef SAFETY14_TIMEOUT_UNFREEZES
    :: d_step {
        shard[i].step == HANDOFF && FREE(i) ->
            shard[i].control = true;
            entries[i]!UNFREEZE, shard[i].epoch, 0, 0, 0;
            stop(i)
    }
#endif
    od
}

#ifdef SAFETY14_REPLICA_READS_UNCHECKED
/* A replica of shard 0 that applies late, and answers by what it has, without a barrier. */
active proctype replica() {
end:
    do
    :: d_step { replicaState = shard[0].state; replicaData = shard[0].data }
    :: d_step { replicaState == SERVING -> assert(replicaData >= acked) }
    od
}
#endif

/* When nothing is left to do: one shard serves, that of the map, with all that was acknowledged; the other has and shows nothing. */
active proctype finish() {
    timeout ->
        assert(map[version].state[LAST] > RUNNING);
        assert(shard[map[version].owner].state == SERVING && shard[map[version].owner].epoch == map[version].epoch);
        assert(shard[1 - map[version].owner].state == ABSENT || shard[1 - map[version].owner].state == DROPPED);
        assert(shard[0].import == 0 && shard[1].import == 0)
}

init {
    atomic {
        map[0].epoch = 1;
        shard[0].state = SERVING;
        shard[0].epoch = 1;
        shard[0].data = 1;
        run leader(0);
        run leader(1)
    }
}

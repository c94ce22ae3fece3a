/*
 * A slot with one key moves key by key: SETSLOT MIGRATING and IMPORTING, MIGRATE, SETSLOT NODE (raft-meta/DESIGN-meta.md,
 * resp-server/DESIGN-cluster.md; SAFETY 13 and 17). README.md says what is abstracted. A macro named after a rule breaks that rule.
 */
#ifndef OPERATIONS
#define OPERATIONS 2 /* of clients: a write or a delete */
#endif
#ifndef CHANGES
#define CHANGES 2 /* of the source's leader */
#endif
#ifndef WORDS
#define WORDS 2 /* SETSLOT NODE is said so often */
#endif
#define VERSIONS (2 * WORDS + 1)

/* The map as of each entry of the meta log. */
byte owner[VERSIONS];
byte epoch[VERSIONS];
bool leaves[VERSIONS]; /* the slot is to go to the target, as soon as the source has let it go */
byte version;
byte words;
bool released[VERSIONS + 1]; /* the source's word of that epoch, on its way: it may come at any time, and again */
bool keep[VERSIONS + 1];     /* likewise: the slot has keys */

/* The source's log. Its slot migrates while it owns it. */
bool owns = true;
byte ownEpoch = 1;
byte key = 1; /* its value, 0 for none */
bool mark;    /* SentKeys: a copy may be at the target */
byte seen;    /* version of its leader's map */

/* The target's. */
bool serves;
byte copy; /* the key */
byte targetEpoch;
byte targetSeen;

/* One MIGRATE. */
#define NONE 0
#define HELD 1
#define MARKED 2
#define READ 3
#define TAKEN 4 /* the target has answered */
byte step;
byte value; /* that was read: values differ, so it is the version, too */
bool again; /* it was marked before */
bool bytes; /* RESTORE, or DEL, on its way */
byte payload;
bool replace;
#ifdef KNOWN_LATE_BYTES
bool late;
byte latePayload;
bool lateReplace;
#endif

byte current = 1; /* what clients have been told that the key is */
byte values = 1;
byte operations;
byte changes;

/* The source answers for a key that is here, or may have been sent: OpenSlots.isHere. */
#define HERE (owns && (key > 0 || mark))

#ifdef SAFETY13_RELEASE_WITH_KEYS
#define IS_EMPTY true
#else
#define IS_EMPTY (key == 0 && !mark)
#endif
#ifdef SAFETY13_RELEASED_OF_ANY_EPOCH
#define IS_RELEASED (released[1] || released[2] || released[3])
#else
#define IS_RELEASED released[epoch[version]]
#endif
#ifdef SAFETY17_UNCONDITIONAL_DELETE
#define IS_AS_READ true
#else
#define IS_AS_READ (key == value)
#endif
/* What a former leader has sent comes before a successor's MIGRATE begins, or never: DESIGN-cluster.md names what happens if not (KNOWN_LATE_BYTES). */
#define MAY_BEGIN !bytes

inline safe() {
    assert(!(owns && serves));
    assert((HERE -> key : copy) == current)
}

inline nextVersion() {
    owner[version + 1] = owner[version];
    epoch[version + 1] = epoch[version];
    leaves[version + 1] = leaves[version];
    version++
}

inline endMigrate() {
    step = NONE;
    value = 0;
    again = false
}

/* Clients at whoever answers; writers to a slot that this leader holds wait. */
active proctype clients() {
end:
    do
    :: d_step { operations < OPERATIONS && HERE && step == NONE -> operations++; values++; key = values; current = values; safe() }
    :: d_step { operations < OPERATIONS && HERE && step == NONE -> operations++; key = 0; current = 0; safe() }
    :: d_step { operations < OPERATIONS && !HERE -> operations++; values++; copy = values; current = values; safe() }
    :: d_step { operations < OPERATIONS && !HERE -> operations++; copy = 0; current = 0; safe() }
    /* Another led for a while, and held nobody: MIGRATE goes on when this one leads again. */
    :: d_step {
        changes < CHANGES && operations < OPERATIONS && HERE && step > HELD ->
            changes++;
            operations++;
            values++;
            key = values;
            current = values;
            safe()
    }
    od
}

/* redis-cli, or whoever runs it again. */
active proctype operator() {
end:
    do
    :: d_step {
        words < WORDS && owner[version] == 0 && !leaves[version] ->
            words++;
            nextVersion();
#ifdef SAFETY13_GIVE_WITHOUT_RELEASE
            owner[version] = 1;
            epoch[version]++
#else
            leaves[version] = true
#endif
    }
    od
}

/* SlotChanges.released and keep: a word of an epoch that is over does nothing. */
active proctype meta() {
end:
    do
    :: d_step {
        owner[version] == 0 && leaves[version] && IS_RELEASED ->
            nextVersion();
            owner[version] = 1;
            epoch[version]++;
            leaves[version] = false
    }
    :: d_step {
        owner[version] == 0 && leaves[version] && keep[epoch[version]] ->
            nextVersion();
            epoch[version]++;
            leaves[version] = false
    }
    od
}

/* The source's leader: ShardReconciler, Migration with RaftMoves. */
active proctype source() {
end:
    do
    :: d_step { seen < version -> seen++ }
    :: d_step {
        owner[seen] == 0 && ownEpoch < epoch[seen] ->
            ownEpoch = epoch[seen];
            owns = true;
            safe()
    }
    /* Release is applied by what is there then; it is proposed by what was there. */
    :: d_step {
        owns && leaves[seen] && ownEpoch == epoch[seen] && IS_EMPTY ->
            owns = false;
            safe()
    }
    :: d_step { !owns && leaves[seen] && ownEpoch >= epoch[seen] && !released[epoch[seen]] -> released[epoch[seen]] = true }
    :: d_step { owns && leaves[seen] && (key > 0 || mark) && !keep[epoch[seen]] -> keep[epoch[seen]] = true }
    :: d_step {
        changes < CHANGES && step != NONE ->
            changes++;
#ifdef KNOWN_LATE_BYTES
            late = bytes;
            latePayload = payload;
            lateReplace = replace;
            bytes = false;
#endif
            endMigrate()
    }

    :: d_step {
        step == NONE && HERE && MAY_BEGIN ->
            step = HELD;
            again = mark
    }
    :: d_step {
        step == HELD && owns ->
#if !defined(SAFETY17_NO_MARK) && !defined(SAFETY17_MARK_AFTER_SEND)
            mark = (key > 0 || mark);
#endif
            step = MARKED
    }
    :: d_step {
        step == MARKED && !bytes ->
            value = key;
            bytes = (value > 0 || again);
            payload = value;
            replace = again;
            step = READ
    }
    :: d_step {
        step == TAKEN ->
#ifdef SAFETY17_MARK_AFTER_SEND
            mark = true;
#endif
            if
            :: owns && IS_AS_READ ->
                key = 0;
                mark = false
            :: else
            fi;
            endMigrate();
            safe()
    }
    :: d_step { (step == HELD && !owns) || (step == READ && !bytes) -> endMigrate() }
    od
}

/* The target: its own leader, and what MIGRATE sends to it. */
active proctype target() {
end:
    do
    :: d_step { targetSeen < version -> targetSeen++ }
    :: d_step {
        owner[targetSeen] == 1 && targetEpoch < epoch[targetSeen] ->
            targetEpoch = epoch[targetSeen];
            serves = true;
            safe()
    }
    :: d_step {
        bytes ->
            bytes = false;
            if
            :: payload == 0 || replace || copy == 0 -> copy = payload
            :: else
            fi;
            payload = 0;
            replace = false;
            if
            :: step == READ -> step = TAKEN
            :: else
            fi;
            safe()
    }
    :: d_step { bytes -> bytes = false; payload = 0; replace = false }
#ifdef KNOWN_LATE_BYTES
    :: d_step {
        late ->
            late = false;
            copy = (lateReplace || copy == 0 -> latePayload : copy);
            safe()
    }
#endif
    od
}

active proctype finish() {
    timeout -> assert(owner[version] == 0 -> owns && !serves : serves && !owns)
}

init {
    epoch[0] = 1
}

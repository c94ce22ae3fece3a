package io.cairn.mode;

import io.cairn.command.Call;
import io.cairn.command.Reply;
import io.cairn.raft.group.Failure;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes of one event loop that travel as one entry, with whoever waits for their replies. */
final class WriteBatch implements LocalProposal, Runnable, InOrder.Batch {
    private final LoopQueue queue;
    private final RaftMode mode;
    private final Origin[] origins;
    private final int[] slots;
    private final boolean[] resp3;
    private final BatchReplies replies;
    private final int size;
    private @Nullable ByteBuffer entry;
    private int done;
    private long proposedNanos;
    private @Nullable Failure failure;
    private @Nullable Runnable whenDone;
    private boolean settled;

    /**
     * Copies the first {@code size} of {@code origins} and {@code slots}; owns {@code entry}.
     *
     * @param slots of the calls' keys, -1 where there are none
     */
    WriteBatch(LoopQueue queue, RaftMode mode, Origin[] origins, int[] slots, int size, ByteBuffer entry) {
        this.queue = queue;
        this.mode = mode;
        this.origins = Arrays.copyOf(origins, size);
        this.slots = Arrays.copyOf(slots, size);
        this.size = entry.remaining();
        this.entry = entry;
        mode.memory().adds(this.size);
        this.replies = new BatchReplies(size, mode.stats());
        this.resp3 = new boolean[size];
        for (int i = 0; i < size; i++) {
            resp3[i] = origins[i].resp3();
        }
    }

    /** Runs on the event loop once the proposal is applied or failed. */
    void whenDone(Runnable run) {
        whenDone = run;
    }

    int bytes() {
        return size;
    }

    /** Hands the entry over, once. */
    ByteBuffer entry() {
        ByteBuffer handed = java.util.Objects.requireNonNull(entry, "entry proposed twice");
        entry = null;
        proposedNanos = System.nanoTime();
        return handed;
    }

    @Override
    public Reply reply() {
        replies.begin(resp3[done]);
        origins[done].beginsWriting();
        return replies.reply();
    }

    @Override
    public void waits(Call call) {
        origins[done].waits(call);
    }

    @Override
    public void recordDone() {
        origins[done].endsWriting();
        replies.end();
        done++;
    }

    @Override
    public void applied() {
        queue.loop.execute(this);
    }

    @Override
    public void failed(Failure why) {
        failure = why;
        queue.loop.execute(this);
    }

    /** On the event loop. */
    @Override
    public void run() {
        if (settled) {
            return;
        }
        settled = true;
        mode.memory().adds(-size);
        queue.proposalDone();
        mode.proposed(System.nanoTime() - proposedNanos);
        if (whenDone != null) {
            whenDone.run();
        }
        queue.writesInOrder().advance();
    }

    @Override
    public boolean isSettled() {
        return settled;
    }

    /** The origins get their replies. */
    @Override
    public boolean finish() {
        if (failure != null) {
            replies.close();
            refuse(mode, origins, slots, resp3, failure);
        } else {
            replies.deliver(origins, 0);
        }
        return true;
    }

    /** Answers every call with the error of {@code why}. On the event loop. */
    static void refuse(RaftMode mode, Origin[] origins, int[] slots, boolean[] resp3, Failure why) {
        BatchReplies refusals = new BatchReplies(origins.length, mode.stats());
        for (int i = 0; i < origins.length; i++) {
            refusals.begin(resp3[i]);
            refusals.reply().error(FailureText.of(why, mode.notServing(slots[i])));
            refusals.end();
        }
        refusals.deliver(origins, 0);
    }
}

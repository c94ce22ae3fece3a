package io.cairn.replica;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.PubSub;
import io.cairn.command.Subscriptions.Kind;
import io.cairn.mode.Block;
import io.cairn.mode.PrimaryFeed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a primary sends, unit by unit: data commands go to the {@link PrimaryFeed}, blocks as a whole; messages to who listens here; questions are
 * answered. Used by one thread.
 */
final class StreamReader {
    private static final Logger LOG = LoggerFactory.getLogger(StreamReader.class);

    /** Told that the primary wants to know how far this node is. */
    @FunctionalInterface
    interface Asked {
        void acknowledge() throws IOException;
    }

    private final PrimaryFeed feed;
    private final PubSub hub;
    private final int databases;
    private final Asked asked;
    private int database;

    /** @param database the one that the stream is at */
    StreamReader(PrimaryFeed feed, PubSub hub, int databases, int database, Asked asked) {
        this.feed = feed;
        this.hub = hub;
        this.databases = databases;
        this.database = database;
        this.asked = asked;
    }

    int database() {
        return database;
    }

    /**
     * Takes the parser's present unit.
     *
     * @return false when the node follows another by now
     */
    boolean take(StreamParser unit) throws IOException {
        List<Block.Queued> commands = new ArrayList<>(unit.commandCount());
        List<Args> messages = new ArrayList<>(0);
        int selected = database;
        for (int i = 0; i < unit.commandCount(); i++) {
            Args args = unit.command(i);
            Command command = feed.find(args);
            if (command != null) {
                commands.add(new Block.Queued(command, args, selected));
            } else if (args.is(0, "select") && args.count() == 2) {
                selected = selected(args);
            } else if (args.is(0, "replconf")) {
                if (args.count() > 1 && args.is(1, "getack")) {
                    asked.acknowledge();
                }
            } else if (isMessage(args)) {
                messages.add(args);
            } else if (args.is(0, "ping")) {
                if (args.count() == 2) {
                    feed.mark(args.text(1));
                }
            } else {
                LOG.error("the primary sent '{}', which is not known here: the data may differ", args.text(0));
            }
        }
        database = selected;
        boolean taken;
        if (commands.isEmpty()) {
            feed.pass(unit.address(), unit.length(), selected);
            taken = feed.isCurrent();
        } else {
            taken = feed.apply(commands, unit.isBlock(), unit.address(), unit.length(), selected);
        }
        for (Args message : messages) {
            Kind kind = message.is(0, "publish") ? Kind.CHANNEL : Kind.SHARD;
            hub.publish(kind, message.bytes(1), message.bytes(2));
        }
        return taken;
    }

    private static boolean isMessage(Args args) {
        return args.count() == 3 && (args.is(0, "publish") || args.is(0, "spublish"));
    }

    private int selected(Args args) throws IOException {
        String number = args.text(1);
        if (!number.matches("[0-9]{1,6}") || Integer.parseInt(number) >= databases) {
            throw new IOException("the primary selected database " + number + " of only " + databases + " here");
        }
        return Integer.parseInt(number);
    }
}

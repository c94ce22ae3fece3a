package io.cairn.replica;

import io.cairn.command.Client;
import io.cairn.command.Subscriptions;

/** The link to the primary among the clients of a node: flag M. Any thread. */
public final class PrimaryClient implements Client {
    private final long id;
    private final ReplicaLink link;
    private final LinkChannel channel;

    PrimaryClient(long id, ReplicaLink link, LinkChannel channel) {
        this.id = id;
        this.link = link;
        this.channel = channel;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public String address() {
        return channel.remoteAddress();
    }

    @Override
    public String localAddress() {
        return channel.localAddress();
    }

    @Override
    public String name() {
        return "";
    }

    @Override
    public String libraryName() {
        return "";
    }

    @Override
    public String libraryVersion() {
        return "";
    }

    @Override
    public String user() {
        return "(superuser)";
    }

    @Override
    public long connectedMillis() {
        return channel.openedMillis();
    }

    @Override
    public long lastCommandMillis() {
        return channel.lastReadMillis();
    }

    @Override
    public int database() {
        return 0;
    }

    @Override
    public int protocol() {
        return 2;
    }

    @Override
    public int queuedCommands() {
        return -1;
    }

    @Override
    public int watchedKeys() {
        return 0;
    }

    @Override
    public Subscriptions subscriptions() {
        return Subscriptions.NONE;
    }

    @Override
    public String lastCommand() {
        return "NULL";
    }

    @Override
    public long inputBytes() {
        return link.unappliedBytes();
    }

    @Override
    public long argumentBytes() {
        return 0;
    }

    @Override
    public long outputBytes() {
        return 0;
    }

    @Override
    public long memoryBytes() {
        return IDLE_BYTES + inputBytes();
    }

    @Override
    public String flags() {
        return "M";
    }

    @Override
    public boolean unblock(boolean withError) {
        return false;
    }

    @Override
    public void kill() {
        link.cut();
    }
}

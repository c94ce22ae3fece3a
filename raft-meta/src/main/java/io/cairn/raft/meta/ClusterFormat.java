package io.cairn.raft.meta;

import java.util.List;

/**
 * The versions of everything that nodes write for each other: records of the logs, snapshots, messages. The meta map holds
 * the active one ({@link ClusterMap#activeFormat}): nothing newer is written before all members have announced that they
 * can read it, and it never goes back.
 *
 * <pre>
 * 1  Raft mode as it first was: a formed cluster, leaders, replacement of wiped nodes
 * 2  slots, members and nodes changed by commands; named values with versions; recovery; migrations
 * </pre>
 */
public final class ClusterFormat {
    /** What every build can read. */
    public static final int FIRST = 1;

    /** The highest that this build can. */
    public static final int SUPPORTED = 2;

    /** A node announces what it can as the value of this name and its id. */
    static final String PREFIX = "format/";

    private ClusterFormat() {}

    /** What a command needs to be understood by all. */
    static int of(MetaCommand command) {
        boolean first = command instanceof MetaCommand.Form
                || command instanceof MetaCommand.ClaimLeader
                || command instanceof MetaCommand.AddNode
                || command instanceof MetaCommand.ReplaceNode
                || command instanceof MetaCommand.RemoveNode
                || command instanceof MetaCommand.SetMembers
                || command instanceof MetaCommand.UpdateAddress
                || command instanceof MetaCommand.SetConfig
                // All can read it by then: that is what it is about.
                || command instanceof MetaCommand.RaiseFormat;
        return first ? FIRST : 2;
    }

    /** What the node has announced; {@link #FIRST} for one that has not, as builds of that version do. */
    public static int announced(ClusterMap map, String nodeId) {
        ClusterValue value = map.value(PREFIX + nodeId);
        return value == null || !value.text().matches("[1-9][0-9]{0,8}") ? FIRST : Integer.parseInt(value.text());
    }

    /** The highest version that all members can. */
    static int common(ClusterMap map) {
        int common = Integer.MAX_VALUE;
        List<ClusterNode> members = map.activeNodes();
        for (ClusterNode node : members) {
            common = Math.min(common, announced(map, node.id()));
        }
        return members.isEmpty() ? FIRST : common;
    }

    /** @throws FormatException when this build is too old for a cluster of the active version */
    static void require(int active) {
        if (active > SUPPORTED) {
            throw new FormatException("the cluster's active version is " + active + ", this build can do up to "
                    + SUPPORTED + ": start the version of Cairn that the other nodes run");
        }
    }
}

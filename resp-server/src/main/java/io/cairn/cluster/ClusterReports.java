package io.cairn.cluster;

import io.cairn.cluster.ClusterView.Figures;
import io.cairn.cluster.ClusterView.Group;
import io.cairn.cluster.ClusterView.Member;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The texts of CLUSTER NODES and CLUSTER INFO. */
final class ClusterReports {
    private final ClusterView view;

    ClusterReports(ClusterView view) {
        this.view = view;
    }

    /** Redis: clusterGenNodesDescription. Every line ends with a newline. */
    String nodes() {
        StringBuilder text = new StringBuilder();
        List<Group> groups = view.groups();
        for (Member member : view.members()) {
            nodeLine(text, member, led(groups, member));
        }
        return text.toString();
    }

    private static @Nullable Group led(List<Group> groups, Member member) {
        for (Group group : groups) {
            if (group.primaryId().equals(member.id())) {
                return group;
            }
        }
        return null;
    }

    /** The lines of one primary's replicas (CLUSTER REPLICAS). */
    List<String> replicas(Group group) {
        List<String> lines = new ArrayList<>();
        for (Member member : view.members()) {
            if (group.memberIds().contains(member.id()) && !member.id().equals(group.primaryId())) {
                StringBuilder line = new StringBuilder();
                nodeLine(line, member, null);
                line.setLength(line.length() - 1);
                lines.add(line.toString());
            }
        }
        return lines;
    }

    static List<String> members(Shard shard) {
        List<String> members = new ArrayList<>(shard.voters());
        members.addAll(shard.learners());
        return members;
    }

    private void nodeLine(StringBuilder text, Member node, @Nullable Group led) {
        boolean myself = node.id().equals(view.selfId());
        text.append(node.id()).append(' ').append(node.host()).append(':').append(node.port());
        text.append('@').append(node.busPort());
        if (!node.hostname().isEmpty()) {
            text.append(',').append(node.hostname());
        }
        text.append(myself ? " myself," : " ").append(node.isPrimary() ? "master" : "slave");
        text.append(node.suspected() ? ",fail?" : node.failed() ? ",fail" : "");
        text.append(node.noFailover() ? ",nofailover " : " ");
        text.append(node.isPrimary() ? "-" : node.primaryId());
        text.append(" 0 ").append(node.heardMillis()).append(' ').append(node.epoch());
        text.append(myself || node.isListed() ? " connected" : " disconnected");
        if (node.isPrimary() && led != null) {
            for (SlotRange range : led.slots()) {
                text.append(' ').append(range.first());
                if (range.last() > range.first()) {
                    text.append('-').append(range.last());
                }
            }
        }
        if (myself && node.isPrimary()) {
            // Only a node's own line shows its open slots.
            view.migrating()
                    .forEach((slot, to) -> text.append(" [")
                            .append(slot)
                            .append("->-")
                            .append(to)
                            .append(']'));
            view.importing()
                    .forEach((slot, from) -> text.append(" [")
                            .append(slot)
                            .append("-<-")
                            .append(from)
                            .append(']'));
        }
        text.append('\n');
    }

    /** Redis: genClusterInfoString, and Cairn's own lines after it. */
    String info() {
        Figures figures = view.figures();
        StringBuilder text = new StringBuilder();
        line(text, "cluster_enabled", "1");
        line(text, "cluster_state", figures.isUp() ? "ok" : "fail");
        line(text, "cluster_slots_assigned", figures.assigned());
        line(text, "cluster_slots_ok", figures.ok());
        line(text, "cluster_slots_pfail", figures.suspected());
        line(text, "cluster_slots_fail", figures.failed());
        line(text, "cluster_known_nodes", figures.known());
        line(text, "cluster_size", figures.size());
        line(text, "cluster_current_epoch", figures.currentEpoch());
        line(text, "cluster_my_epoch", figures.ownEpoch());
        return text.append(view.consensusLines()).toString();
    }

    static void line(StringBuilder text, String name, Object value) {
        text.append(name).append(':').append(value).append("\r\n");
    }
}

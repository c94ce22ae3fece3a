package io.cairn.cli;

import io.cairn.aof.FileVoteStore;
import io.cairn.aof.LogCheck;
import io.cairn.aof.LogReport;
import io.cairn.aof.SnapshotStore;
import io.cairn.raft.group.StoredSnapshot;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A log and what belongs to it as lines of JSON, for programs that compare replicas:
 *
 * <pre>
 * {"log":dir,"vote":{"term":2,"votedFor":"..."}}             where there is a vote
 * {"log":dir,"snapshot":{"index":7,"term":1}}                 the newest, where there is one
 * {"log":dir,"index":8,"term":2,"kind":2,"crc":1,"bytes":37}  for each entry; crc: CRC32C of the payload alone
 * {"log":dir,"damage":{"torn":true,"entry":9,"text":"..."}}   for each place that is not what was written
 * {"log":dir,"range":{"first":8,"last":8}}                    the last line of a log; last = first - 1 when it is empty
 * </pre>
 *
 * <p>An entry's line holds nothing of this replica's own. One pass over the files, which are not changed.
 */
final class LogJson {
    private final PrintWriter out;
    private final StringBuilder line = new StringBuilder(256);
    private final CRC32C crc = new CRC32C();

    LogJson(PrintWriter out) {
        this.out = out;
    }

    /**
     * Prints one log.
     *
     * @return whether it would open, and its vote and snapshot can be read
     */
    boolean print(Path directory, LogCheck log, long from, long to) throws IOException {
        String start = "{\"log\":" + quoted(directory.toString()) + ",\"";
        boolean opens = vote(start, directory.resolveSibling("vote"));
        opens &= snapshot(start, directory);
        LogReport report = log.check((index, term, kind, payload) -> {
            if (index >= from && index <= to) {
                entry(start, index, term, kind, payload);
            }
        });
        for (LogReport.Damage damage : report.damage()) {
            damage(start, damage.torn(), damage.entry(), damage.line());
        }
        out.append(start + "range\":{\"first\":" + report.firstIndex() + ",\"last\":" + report.lastIndex() + "}}\n");
        return opens && report.opens();
    }

    private boolean vote(String start, Path file) {
        try {
            FileVoteStore.Vote vote = FileVoteStore.peek(file);
            if (vote != null) {
                out.append(start + "vote\":{\"term\":" + vote.term() + ",\"votedFor\":" + quoted(vote.votedFor())
                        + "}}\n");
            }
            return true;
        } catch (IOException e) {
            damage(start, false, 0, "the vote: " + e.getMessage());
            return false;
        }
    }

    /** A replica's snapshots lie beside its log, those of a standalone node in the directory of the log. */
    private boolean snapshot(String start, Path directory) {
        try {
            StoredSnapshot newest = StoredSnapshot.newest(directory.resolveSibling("snapshots"));
            if (newest == null) {
                io.cairn.aof.Snapshot own = SnapshotStore.peek(directory);
                newest = own == null ? null : new StoredSnapshot(own.index(), own.term());
            }
            if (newest != null) {
                out.append(start + "snapshot\":{\"index\":" + newest.index() + ",\"term\":" + newest.term() + "}}\n");
            }
            return true;
        } catch (IOException e) {
            damage(start, false, 0, "the snapshot: " + e.getMessage());
            return false;
        }
    }

    private void entry(String start, long index, long term, byte kind, ByteBuffer payload) {
        int bytes = payload.remaining();
        crc.reset();
        crc.update(payload);
        line.setLength(0);
        line.append(start).append("index\":").append(index);
        line.append(",\"term\":").append(term);
        line.append(",\"kind\":").append(kind);
        line.append(",\"crc\":").append(crc.getValue());
        line.append(",\"bytes\":").append(bytes).append("}\n");
        out.append(line);
    }

    private void damage(String start, boolean torn, long entry, String text) {
        out.append(start + "damage\":{\"torn\":" + torn + ",\"entry\":" + entry + ",\"text\":" + quoted(text) + "}}\n");
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
            } else if (c < 0x20) {
                quoted.append(String.format("\\u%04x", c));
            } else {
                quoted.append((char) c);
            }
        });
        return quoted.append('"').toString();
    }
}

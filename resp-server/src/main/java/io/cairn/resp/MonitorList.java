package io.cairn.resp;

import io.cairn.command.Monitors;
import java.util.ArrayList;
import java.util.List;

/** The connections of a node that watch all commands. Any thread. */
final class MonitorList implements Monitors {
    /** Exchanged as a whole: whoever asks whether there are any reads one field. */
    private volatile List<MonitorLines> all = List.of();

    synchronized void add(MonitorLines one) {
        List<MonitorLines> more = new ArrayList<>(all);
        more.add(one);
        all = List.copyOf(more);
    }

    synchronized void remove(MonitorLines one) {
        all = all.stream().filter(each -> each != one).toList();
    }

    @Override
    public boolean any() {
        return !all.isEmpty();
    }

    @Override
    public void tell(byte[] line) {
        for (MonitorLines each : all) {
            each.offer(line);
        }
    }
}

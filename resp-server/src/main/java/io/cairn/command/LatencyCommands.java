package io.cairn.command;

import java.util.ArrayList;
import java.util.List;

/** LATENCY. Redis: latency.c. */
final class LatencyCommands {
    private static final double NANOS_PER_MICRO = 1000;

    private LatencyCommands() {}

    static List<Command> table() {
        String words = "admin noscript loading stale @admin @slow @dangerous";
        return List.of(
                Command.session("latency|latest", 2, words, LatencyCommands::latest),
                Command.session("latency|history", 3, words, LatencyCommands::history),
                Command.session("latency|reset", -2, words, LatencyCommands::reset),
                Command.session("latency|doctor", 2, words, LatencyCommands::doctor),
                Command.session("latency|histogram", -2, words, LatencyCommands::histogram),
                Command.session("latency|help", 2, "loading stale @slow", LatencyCommands::help));
    }

    private static void latest(SessionCall call) {
        List<LatencyEvents.Latest> events = call.server().latency().latest();
        Reply reply = call.reply();
        reply.array(events.size());
        for (LatencyEvents.Latest event : events) {
            reply.array(4);
            reply.bulk(event.event());
            reply.number(event.timeSeconds());
            reply.number(event.millis());
            reply.number(event.maxMillis());
        }
    }

    private static void history(SessionCall call) {
        List<LatencyEvents.Sample> samples =
                call.server().latency().history(call.args().text(2));
        Reply reply = call.reply();
        reply.array(samples.size());
        for (LatencyEvents.Sample sample : samples) {
            reply.array(2);
            reply.number(sample.timeSeconds());
            reply.number(sample.millis());
        }
    }

    private static void reset(SessionCall call) {
        Args args = call.args();
        LatencyEvents events = call.server().latency();
        int reset = args.count() == 2 ? events.reset("") : 0;
        for (int i = 2; i < args.count(); i++) {
            // The empty name is no event, though it means all of them to the port.
            reset += args.length(i) == 0 ? 0 : events.reset(args.text(i));
        }
        call.reply().number(reset);
    }

    private static void doctor(SessionCall call) {
        LatencyEvents events = call.server().latency();
        StringBuilder report = new StringBuilder();
        if (events.thresholdMillis() == 0) {
            report.append("The latency monitor is off. Turn it on with CONFIG SET latency-monitor-threshold <ms>.\n");
        } else if (events.latest().isEmpty()) {
            report.append("No event took ")
                    .append(events.thresholdMillis())
                    .append(" ms or more since the monitor was turned on.\n");
        } else {
            report.append("Spikes of ").append(events.thresholdMillis()).append(" ms and more:\n");
            for (LatencyEvents.Latest event : events.latest()) {
                describe(events, event, report);
            }
        }
        call.reply().verbatim(report.toString());
    }

    private static void describe(LatencyEvents events, LatencyEvents.Latest event, StringBuilder report) {
        List<LatencyEvents.Sample> samples = events.history(event.event());
        long sum = samples.stream().mapToLong(LatencyEvents.Sample::millis).sum();
        report.append("- ")
                .append(event.event())
                .append(": ")
                .append(samples.size())
                .append(" spikes, average ")
                .append(sum / Math.max(1, samples.size()))
                .append(" ms, worst ")
                .append(event.maxMillis())
                .append(" ms, last ")
                .append(event.millis())
                .append(" ms\n");
    }

    /** One command's line of LATENCY HISTOGRAM. */
    private record Histogram(Command command, long calls, long[] counts) {}

    /** LATENCY HISTOGRAM [command ...]: buckets are powers of two of nanoseconds, answered as microseconds. */
    private static void histogram(SessionCall call) {
        Args args = call.args();
        List<String> wanted = new ArrayList<>();
        for (int i = 2; i < args.count(); i++) {
            wanted.add(args.text(i).toLowerCase(java.util.Locale.ROOT));
        }
        List<Histogram> found = new ArrayList<>();
        call.server().stats().forEachCommand((command, calls, micros, rejected, failed, counts) -> {
            String name = command.name();
            int bar = name.indexOf('|');
            String container = bar < 0 ? name : name.substring(0, bar);
            if (calls > 0 && (wanted.isEmpty() || wanted.contains(name) || wanted.contains(container))) {
                found.add(new Histogram(command, calls, counts.clone()));
            }
        });
        call.reply().map(found.size());
        found.forEach(histogram -> reply(call.reply(), histogram));
    }

    /** The counts up to each bucket that adds some. Redis: fillCommandCDF. */
    private static void reply(Reply reply, Histogram histogram) {
        reply.bulk(histogram.command().name());
        reply.map(2);
        reply.bulk("calls");
        reply.number(histogram.calls());
        reply.bulk("histogram_usec");
        int used = 0;
        for (long count : histogram.counts()) {
            used += count > 0 ? 1 : 0;
        }
        reply.map(used);
        long sum = 0;
        for (int i = 0; i < histogram.counts().length; i++) {
            if (histogram.counts()[i] > 0) {
                sum += histogram.counts()[i];
                reply.number((long) Math.max(1, Math.ceil(Math.scalb(1.0, i) / NANOS_PER_MICRO)));
                reply.number(sum);
            }
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "LATENCY",
                "DOCTOR",
                "    What the monitor saw, in words.",
                "HISTOGRAM [COMMAND ...]",
                "    How the times of calls are distributed, for all commands or those named.",
                "HISTORY <event>",
                "    The spikes of <event>, oldest first.",
                "LATEST",
                "    The last and the worst spike of every event.",
                "RESET [<event> ...]",
                "    Forget the events named, or all.");
    }
}

package io.cairn.jepsen.history;

import java.io.IOException;
import java.io.Writer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Writes a history as Jepsen does: one map a line, {@code {:type :invoke|:ok|:fail|:info, :f .., :value .., :process int, :time
 * ns, :index n}}, invocations and completions in the order of time. Beyond Jepsen's own keys there are {@code :key}, {@code
 * :node} and {@code :error}. Faults are events of the process {@code :nemesis}, of type {@code :info}: {@code :start-kind} before
 * and after a fault is made, {@code :stop-kind} before and after it is undone. Transactions of list-append have Elle's form
 * {@code [[:append k v] [:r k [v ..]]]}. Only operations under way are held, so a long history needs little memory.
 */
final class EdnWriter {
    private final Writer out;
    private final PriorityQueue<Operation> open = new PriorityQueue<>(Comparator.comparingLong(Operation::ret));
    private final Deque<FaultEvent> faults = new ArrayDeque<>();
    private long index;

    private record FaultEvent(long time, String f, String value) {}

    EdnWriter(Writer out) {
        this.out = out;
    }

    void write(History history) throws IOException {
        faults.addAll(events(history.faults()));
        for (Operation operation : history.operations()) {
            writeUntil(operation.call());
            event(operation, "invoke", operation.in(), operation.call());
            open.add(operation);
        }
        writeUntil(Long.MAX_VALUE);
    }

    private static List<FaultEvent> events(List<FaultWindow> windows) {
        List<FaultEvent> events = new ArrayList<>();
        for (FaultWindow window : windows) {
            // Two faults at once are "a + b", which would be three forms; a keyword may hold a plus.
            String kind = window.kind().replace(" + ", "+");
            String probe = (window.confirmed() ? "confirmed: " : "not confirmed: ") + window.probe();
            events.add(new FaultEvent(window.begin(), "start-" + kind, window.what()));
            events.add(new FaultEvent(window.struck(), "start-" + kind, probe));
            events.add(new FaultEvent(window.healing(), "stop-" + kind, window.what()));
            events.add(new FaultEvent(window.healed(), "stop-" + kind, window.what()));
        }
        events.sort(Comparator.comparingLong(FaultEvent::time));
        return events;
    }

    /** Completions and faults up to a time; a completion stands before an invocation of the same nanosecond. */
    private void writeUntil(long time) throws IOException {
        while (true) {
            Operation ended = open.peek();
            FaultEvent fault = faults.peek();
            boolean faultNext = fault != null && (ended == null || fault.time <= ended.ret());
            if (faultNext && fault.time <= time) {
                faults.remove();
                write(fault);
            } else if (!faultNext && ended != null && ended.ret() <= time) {
                open.remove();
                complete(ended);
            } else {
                return;
            }
        }
    }

    private void write(FaultEvent fault) throws IOException {
        out.write("{:type :info, :f :" + fault.f + ", :value ");
        value(fault.value);
        out.write(", :process :nemesis, :time " + fault.time + ", :index " + index++ + "}\n");
    }

    private void complete(Operation operation) throws IOException {
        boolean told = operation.outcome() == Outcome.OK
                && (operation.out() != null || operation.f().equals("read"));
        String type = operation.outcome().name().toLowerCase(Locale.ROOT);
        event(operation, type, told ? operation.out() : operation.in(), operation.ret());
    }

    private void event(Operation operation, String type, @Nullable Object value, long time) throws IOException {
        out.write("{:type :" + type + ", :f :" + operation.f() + ", :value ");
        if (operation.f().equals("txn") && value instanceof List<?> transaction) {
            transaction(transaction);
        } else {
            value(value);
            out.write(", :key ");
            value(operation.key());
        }
        out.write(", :process " + operation.client() + ", :time " + time + ", :index " + index++);
        if (!type.equals("invoke")) {
            optional(":node", operation.node());
            optional(":error", operation.error());
        }
        out.write("}\n");
    }

    private void optional(String name, @Nullable String text) throws IOException {
        if (text != null) {
            out.write(", " + name + " ");
            value(text);
        }
    }

    private void transaction(List<?> transaction) throws IOException {
        out.write('[');
        String blank = "";
        for (Object item : transaction) {
            List<?> micro = (List<?>) item;
            out.write(blank + "[:" + micro.get(0) + " ");
            value(micro.get(1));
            out.write(' ');
            value(micro.get(2));
            out.write(']');
            blank = " ";
        }
        out.write(']');
    }

    private void value(@Nullable Object value) throws IOException {
        if (value == null) {
            out.write("nil");
        } else if (value instanceof String text) {
            string(text);
        } else if (value instanceof List<?> list) {
            out.write('[');
            for (int i = 0; i < list.size(); i++) {
                out.write(i == 0 ? "" : " ");
                value(list.get(i));
            }
            out.write(']');
        } else if (value instanceof Map<?, ?> map) {
            out.write('{');
            String comma = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.write(comma);
                value(entry.getKey());
                out.write(' ');
                value(entry.getValue());
                comma = ", ";
            }
            out.write('}');
        } else {
            out.write(value.toString());
        }
    }

    private void string(String text) throws IOException {
        out.write('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.write("\\" + c);
                case '\n' -> out.write("\\n");
                case '\r' -> out.write("\\r");
                case '\t' -> out.write("\\t");
                default -> out.write(c);
            }
        }
        out.write('"');
    }
}

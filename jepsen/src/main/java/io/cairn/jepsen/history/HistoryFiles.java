package io.cairn.jepsen.history;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A history on disk, in a folder of its own: the operations as JSON lines and as EDN, what else there is as {@code run.json}.
 * One operation is in work at a time, so that two million of them pass through a heap of 1 GB.
 *
 * <p>A JSON line is {@code {"c":client,"k":key,"f":..,"in":..,"out":..,"call":ns,"ret":ns,"t":"ok|info|fail","node":..,"err":..}};
 * what is null is left out. An operation of unknown outcome has {@code "ret":-1} and {@code "end":ns}, when its client gave up.
 */
public final class HistoryFiles {
    /** The operations, one JSON object a line, in the order of their calls. */
    public static final String OPERATIONS = "history.jsonl";
    /** The operations and faults as events, one EDN map a line, in the order of time: {@link EdnWriter}. */
    public static final String EVENTS = "history.edn";
    /** {@code about}, {@code faults} and {@code phases}. */
    public static final String RUN = "run.json";

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.USE_LONG_FOR_INTS)
            .build();
    private static final JsonFactory LINES = MAPPER.getFactory();

    private HistoryFiles() {}

    /** What a run is but for its operations. */
    private record Run(Map<String, Object> about, List<FaultWindow> faults, List<Phase> phases) {}

    /** Writes all three files into a folder that exists. */
    public static void write(History history, Path folder) throws IOException {
        writeRun(history, folder.resolve(RUN));
        writeJson(history, folder.resolve(OPERATIONS));
        writeEdn(history, folder.resolve(EVENTS));
    }

    /** Reads what {@link #write} wrote. */
    public static History read(Path folder) throws IOException {
        Run run = MAPPER.readValue(folder.resolve(RUN).toFile(), Run.class);
        return new History(run.about, readJson(folder.resolve(OPERATIONS)), run.faults, run.phases);
    }

    /** Writes what is not an operation. */
    public static void writeRun(History history, Path file) throws IOException {
        MAPPER.writeValue(file.toFile(), new Run(history.about(), history.faults(), history.phases()));
    }

    /** Writes the operations as JSON lines. */
    public static void writeJson(History history, Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file);
                JsonGenerator json = LINES.createGenerator(out)) {
            json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
            for (Operation operation : history.operations()) {
                write(operation, json);
            }
            json.writeRaw('\n');
        }
    }

    /** Writes operations and faults as the events that outside checkers read. */
    public static void writeEdn(History history, Path file) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            new EdnWriter(out).write(history);
        }
    }

    /**
     * Reads the operations of JSON lines, as other harnesses may have written them, too.
     *
     * @throws IOException when a line is not an operation; the message names it
     */
    public static List<Operation> readJson(Path file) throws IOException {
        List<Operation> operations = new ArrayList<>();
        Shared shared = new Shared();
        try (BufferedReader in = Files.newBufferedReader(file);
                JsonParser json = LINES.createParser(in)) {
            while (json.nextToken() != null) {
                operations.add(operation(json, shared));
            }
        }
        return operations;
    }

    private static void write(Operation operation, JsonGenerator json) throws IOException {
        boolean open = operation.outcome() == Outcome.INFO;
        json.writeStartObject();
        json.writeNumberField("c", operation.client());
        json.writeStringField("k", operation.key());
        json.writeStringField("f", operation.f());
        writeUnlessNull("in", operation.in(), json);
        writeUnlessNull("out", operation.out(), json);
        json.writeNumberField("call", operation.call());
        json.writeNumberField("ret", open ? -1 : operation.ret());
        json.writeStringField("t", operation.outcome().name().toLowerCase(Locale.ROOT));
        writeUnlessNull("node", operation.node(), json);
        writeUnlessNull("err", operation.error(), json);
        if (open) {
            json.writeNumberField("end", operation.ret());
        }
        json.writeEndObject();
    }

    private static void writeUnlessNull(String name, @Nullable Object value, JsonGenerator json) throws IOException {
        if (value != null) {
            json.writeFieldName(name);
            JsonValues.write(value, json);
        }
    }

    private static Operation operation(JsonParser json, Shared shared) throws IOException {
        long line = json.currentLocation().getLineNr();
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new IOException("line " + line + " is not an operation");
        }
        Fields fields = new Fields();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            Object value = JsonValues.read(json, shared);
            if (!fields.set(name, value)) {
                throw new IOException("line " + line + ": what is " + name + " = " + value + "?");
            }
        }
        try {
            return fields.operation();
        } catch (IllegalArgumentException e) {
            throw new IOException("line " + line + ": " + e.getMessage(), e);
        }
    }

    /** The fields of a line. */
    private static final class Fields {
        private long client = -1;
        private @Nullable String key;
        private @Nullable String f;
        private @Nullable Object in;
        private @Nullable Object out;
        private long call = -1;
        private long ret = -1;
        private long end = -1;
        private @Nullable Outcome outcome;
        private @Nullable String node;
        private @Nullable String error;

        /** Whether there is such a field. */
        boolean set(String name, @Nullable Object value) {
            switch (name) {
                case "c" -> client = number(value);
                case "k" -> key = text(value);
                case "f" -> f = text(value);
                case "in" -> in = value;
                case "out" -> out = value;
                case "call" -> call = number(value);
                case "ret" -> ret = number(value);
                case "end" -> end = number(value);
                case "t" -> outcome = Outcome.valueOf(String.valueOf(value).toUpperCase(Locale.ROOT));
                case "node" -> node = text(value);
                case "err" -> error = text(value);
                default -> {
                    return false;
                }
            }
            return true;
        }

        Operation operation() {
            if (client < 0 || key == null || f == null || call < 0 || outcome == null) {
                throw new IllegalArgumentException("an operation has c, k, f, call and t");
            }
            long last = ret < 0 ? Math.max(end, call) : ret;
            return new Operation((int) client, f, key, in, out, call, last, outcome, node, error);
        }

        private static long number(@Nullable Object value) {
            return value instanceof Long number ? number : -1;
        }

        private static @Nullable String text(@Nullable Object value) {
            return value instanceof String text ? text : null;
        }
    }
}

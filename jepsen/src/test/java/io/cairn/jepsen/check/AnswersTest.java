package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswersTest {
    private static Finding check(Outcome outcome, String error) {
        Operation operation = new Operation(3, "read", "k", null, null, 1, 2, outcome, "n1", error);
        return new Answers("bank", "no funds").check(new History(Map.of(), List.of(operation), List.of(), List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lost 127.0.2.1:20400: java.io.EOFException: end of stream",
                "lost 127.0.2.1:20400: java.net.SocketTimeoutException: Read timed out",
                "UNKNOWNOUTCOME it may have happened"
            })
    void whatIsLostOrUnknownIsRightful(String error) {
        assertThat(check(Outcome.INFO, error).problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no answer to this: 5",
                "no answer to the read under WATCH: x",
                "ERR internal error: NullPointerException",
                "WRONGTYPE Operation against a key",
                "error inside EXEC: [OK, ERR]",
                "executed though a command was not queued: ERR",
                "lost 127.0.2.1:20400: java.net.ProtocolException: not a RESP2 reply: x",
                "lost 127.0.2.1:20400: java.lang.NumberFormatException: x"
            })
    void whatNoServerMayAnswerIsFound(String error) {
        assertThat(check(Outcome.INFO, error).problems())
                .singleElement()
                .asString()
                .contains("client 3 read k", error);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CLUSTERDOWN down",
                "MOVED 5 127.0.2.1:20400",
                "TRYAGAIN",
                "aborted",
                "no funds",
                "EXECABORT Transaction discarded",
                "no connection to 127.0.2.1:20400: Connection refused",
                "before EXEC: lost 127.0.2.1:20400: Read timed out",
                "at READONLY: lost 127.0.2.1:20400: Read timed out",
                "READONLY: LOADING data",
            })
    void refusalsAreRightful(String error) {
        assertThat(check(Outcome.FAIL, error).problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ERR internal error: NullPointerException",
                "READONLY: ERR unknown command",
                "before EXEC: lost 127.0.2.1:20400: java.net.ProtocolException: x",
                "out of stock"
            })
    void errorsThatAreNoRefusalAreFound(String error) {
        assertThat(check(Outcome.FAIL, error).valid()).isFalse();
    }

    @Test
    void operationsThatSucceededAreCounted() {
        Finding finding = new Answers("set").check(Made.history(Made.ok(1, "read", "k", null, null, 0, 1)));
        assertThat(finding.checker()).isEqualTo("answers of set");
        assertThat(finding.figures()).containsEntry("ok", 1L);
    }
}

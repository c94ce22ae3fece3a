package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.Transaction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whether every operation ended in a way that a server may answer. The other checkers pass over an operation without an answer, so a reply
 * of the wrong shape or an error nobody knows would be seen by none of them: to them it is merely unknown, or merely refused.
 */
public final class Answers implements Checker {
    /** What can be lost is a connection; bytes that are no reply were sent by somebody. */
    private static final Pattern NO_REPLY = Pattern.compile("ProtocolException|NumberFormatException");

    /** Said on a new connection before the operation: what refuses these refuses the operation. */
    private static final Pattern BEFOREHAND = Pattern.compile("^(READONLY|ASKING): ");

    private static final List<String> UNKNOWN = List.of("lost ", "UNKNOWNOUTCOME ");
    private static final List<String> REFUSED =
            List.of("no connection to ", "before EXEC: lost ", "at READONLY: lost ", "at ASKING: lost ", "EXECABORT ");

    private final String workload;
    private final Set<String> reasons;

    /**
     * @param workload whose history it judges
     * @param reasons the workload's own reasons to go no further
     */
    public Answers(String workload, String... reasons) {
        this.workload = workload;
        this.reasons = Set.of(reasons);
    }

    @Override
    public Finding check(History history) {
        List<String> problems = new Problems();
        long answers = 0;
        for (Operation operation : history.operations()) {
            answers += operation.outcome() == Outcome.OK ? 1 : 0;
            if (!rightful(operation)) {
                problems.add("an answer that no server may give: " + Words.of(operation));
            }
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ok", answers);
        figures.put("strange", (long) problems.size());
        return Finding.of("answers of " + workload, figures, problems);
    }

    private boolean rightful(Operation operation) {
        String error = String.valueOf(operation.error());
        if (operation.outcome() == Outcome.OK) {
            return true;
        }
        if (NO_REPLY.matcher(error).find()) {
            return false;
        }
        if (operation.outcome() == Outcome.INFO) {
            return UNKNOWN.stream().anyMatch(error::startsWith);
        }
        return Attempt.refusal(BEFOREHAND.matcher(error).replaceFirst(""))
                || error.equals(Transaction.ABORTED)
                || reasons.contains(error)
                || REFUSED.stream().anyMatch(error::startsWith);
    }
}

package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a set to which elements are added, none of them twice in a run (whatever the key), keeps them: {@code add} with the element,
 * {@code read} with those asked for and those that were there. Unless a read is wrong,
 *
 * <ul>
 *   <li>an element whose add was acknowledged, or that a read saw, before a read was called that asks for it is there. If a later
 *       read of it sees it, the former was stale, else the element is lost;
 *   <li>no element is there that nobody added, that was only added by an add that was refused, or before its add was called.
 * </ul>
 *
 * And after the last add had ended each element that was acknowledged must be asked for, or the run is vacuous.
 */
public final class SetOfKeys implements Checker {
    private static final class Element {
        private @Nullable Operation add;
        /** When it was known to be there for the first time, and by what. */
        private long known = Long.MAX_VALUE;

        private @Nullable Operation proof;
        private @Nullable Operation missing;
        private long lastMissing = Long.MIN_VALUE;
        private long lastSeen = Long.MIN_VALUE;
        private boolean strange;
        private boolean covered;

        private void know(Operation by) {
            if (by.ret() < known) {
                known = by.ret();
                proof = by;
            }
        }
    }

    @Override
    public Finding check(History history) {
        List<String> problems = new Problems();
        Map<Object, Element> elements = new HashMap<>();
        long ended = adds(history, elements, problems);
        seen(history, elements, problems);
        missing(history, elements, ended);
        long unknownButThere = 0;
        long acknowledged = 0;
        long lost = 0;
        long stale = 0;
        long uncovered = 0;
        long attempted = 0;
        for (Map.Entry<Object, Element> entry : elements.entrySet()) {
            Element element = entry.getValue();
            if (element.add == null) {
                continue;
            }
            boolean ok = element.add.outcome() == Outcome.OK;
            attempted++;
            acknowledged += ok ? 1 : 0;
            uncovered += ok && !element.covered ? 1 : 0;
            unknownButThere += element.add.outcome() == Outcome.INFO && element.lastSeen > Long.MIN_VALUE ? 1 : 0;
            if (element.missing == null || element.proof == null) {
                continue;
            }
            boolean seenLater = element.lastSeen > element.lastMissing;
            lost += seenLater ? 0 : 1;
            stale += seenLater ? 1 : 0;
            problems.add((seenLater ? "stale: " : "lost: ") + "element " + entry.getKey() + " was known to be there by "
                    + Words.of(element.proof) + " and is missing in " + Words.of(element.missing));
        }
        if (uncovered > 0) {
            problems.add("no read after the last add had ended asks for " + uncovered + " of " + acknowledged
                    + " acknowledged elements, so the run is vacuous");
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("attempted", attempted);
        figures.put("acknowledged", acknowledged);
        figures.put("lost", lost);
        figures.put("unknownButThere", unknownButThere);
        figures.put("stale", stale);
        return Finding.of("set", figures, problems);
    }

    /** When the last add had ended. */
    private static long adds(History history, Map<Object, Element> elements, List<String> problems) {
        long ended = Long.MIN_VALUE;
        for (Operation operation : history.operations()) {
            if (!operation.f().equals("add")) {
                continue;
            }
            ended = Math.max(ended, operation.ret());
            Element element = elements.computeIfAbsent(Words.number(operation.in(), operation), e -> new Element());
            if (element.add != null && element.add.outcome() != Outcome.FAIL && operation.outcome() != Outcome.FAIL) {
                problems.add("two adds of one element, which this check cannot judge: " + Words.of(element.add)
                        + " and " + Words.of(operation));
            }
            if (element.add == null || element.add.outcome() == Outcome.FAIL) {
                element.add = operation;
            }
            if (operation.outcome() == Outcome.OK) {
                element.know(operation);
            }
        }
        return ended;
    }

    private static boolean isRead(Operation operation) {
        return operation.f().equals("read") && operation.outcome() == Outcome.OK;
    }

    private static void seen(History history, Map<Object, Element> elements, List<String> problems) {
        for (Operation read : history.operations()) {
            if (!isRead(read)) {
                continue;
            }
            for (Object there : Words.list(read.out(), read)) {
                Element element = elements.computeIfAbsent(Words.number(there, read), e -> new Element());
                element.know(read);
                element.lastSeen = Math.max(element.lastSeen, read.call());
                if (element.strange) {
                    continue;
                }
                String how = null;
                if (element.add == null) {
                    how = "added by nobody";
                } else if (element.add.outcome() == Outcome.FAIL) {
                    how = "whose add was refused: " + Words.of(element.add);
                } else if (element.add.call() > read.ret()) {
                    how = "whose add had not been called: " + Words.of(element.add);
                }
                if (how != null) {
                    element.strange = true;
                    problems.add("element " + there + ", " + how + ", is there in " + Words.of(read));
                }
            }
        }
    }

    private static void missing(History history, Map<Object, Element> elements, long ended) {
        for (Operation read : history.operations()) {
            if (!isRead(read)) {
                continue;
            }
            Set<Object> there = new HashSet<>();
            for (Object element : Words.list(read.out(), read)) {
                there.add(Words.number(element, read));
            }
            for (Object asked : Words.list(read.in(), read)) {
                Object number = Words.number(asked, read);
                Element element = elements.get(number);
                if (element == null) {
                    continue;
                }
                element.covered |= read.call() > ended;
                if (!there.contains(number) && element.known < read.call()) {
                    element.missing = element.missing == null ? read : element.missing;
                    element.lastMissing = read.call();
                }
            }
        }
    }
}

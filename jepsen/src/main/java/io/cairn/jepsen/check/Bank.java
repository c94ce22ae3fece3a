package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether banks (one for each hash tag) keep their money. Every account begins with the same balance; {@code open} names them, and so does whatever touches them. Each OK read must show every account,
 * the total unchanged, no balance below zero, and each balance within what transfers allow: all acknowledged before the read's call have
 * happened, those unknown or under way by its return may have. A read called after the last transfer had ended must be there.
 */
public final class Bank implements Checker {
    private final long initialBalance;

    /** {@code initialBalance} is what every account has at the beginning. */
    public Bank(long initialBalance) {
        this.initialBalance = initialBalance;
    }

    /** What flowed by when: surely, and at most. */
    private static final class Account {
        private final Sums sureIn = new Sums();
        private final Sums sureOut = new Sums();
        private final Sums mostIn = new Sums();
        private final Sums mostOut = new Sums();

        private void close() {
            sureIn.close();
            sureOut.close();
            mostIn.close();
            mostOut.close();
        }
    }

    @Override
    public Finding check(History history) {
        Map<String, List<Operation>> banks = new TreeMap<>();
        long transfers = 0;
        long unknown = 0;
        long reads = 0;
        for (Operation operation : history.operations()) {
            banks.computeIfAbsent(operation.key(), k -> new ArrayList<>()).add(operation);
            boolean transfer = operation.f().equals("transfer");
            transfers += transfer && operation.outcome() == Outcome.OK ? 1 : 0;
            unknown += transfer && operation.outcome() == Outcome.INFO ? 1 : 0;
            reads += isRead(operation) ? 1 : 0;
        }
        List<String> problems = new Problems();
        banks.forEach((name, operations) -> checkBank(name, operations, problems));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("banks", (long) banks.size());
        figures.put("transfers", transfers);
        figures.put("unknown", unknown);
        figures.put("reads", reads);
        return Finding.of("bank", figures, problems);
    }

    private static boolean isRead(Operation operation) {
        return operation.f().equals("read") && operation.outcome() == Outcome.OK;
    }

    private void checkBank(String name, List<Operation> operations, List<String> problems) {
        Map<String, Account> accounts = new TreeMap<>();
        long ended = Long.MIN_VALUE;
        boolean finalRead = false;
        for (Operation operation : operations) {
            if (operation.f().equals("transfer")) {
                ended = Math.max(ended, operation.ret());
                transfer(operation, accounts);
            } else if (operation.f().equals("open") && operation.in() instanceof Map<?, ?> opened) {
                opened.keySet().forEach(account -> account(accounts, account));
            } else if (isRead(operation)) {
                balances(operation).keySet().forEach(account -> account(accounts, account));
            }
        }
        accounts.values().forEach(Account::close);
        for (Operation read : operations) {
            if (isRead(read)) {
                checkRead(name, read, accounts, problems);
                finalRead |= read.call() > ended;
            }
        }
        if (!finalRead) {
            problems.add("bank " + name + ": no read after the last transfer had ended, so the run is vacuous");
        }
    }

    private static Account account(Map<String, Account> accounts, @Nullable Object name) {
        return accounts.computeIfAbsent(String.valueOf(name), k -> new Account());
    }

    private static Map<?, ?> balances(Operation read) {
        if (read.out() instanceof Map<?, ?> balances) {
            return balances;
        }
        throw new IllegalArgumentException("no balances: " + Words.of(read));
    }

    private static void transfer(Operation operation, Map<String, Account> accounts) {
        if (!(operation.in() instanceof Map<?, ?> transfer)) {
            throw new IllegalArgumentException("no transfer: " + Words.of(operation));
        }
        Account from = account(accounts, transfer.get("from"));
        Account to = account(accounts, transfer.get("to"));
        long amount = Words.number(transfer.get("amount"), operation);
        if (operation.outcome() != Outcome.FAIL) {
            from.mostOut.add(operation.call(), amount);
            to.mostIn.add(operation.call(), amount);
        }
        if (operation.outcome() == Outcome.OK) {
            from.sureOut.add(operation.ret(), amount);
            to.sureIn.add(operation.ret(), amount);
        }
    }

    private void checkRead(String name, Operation read, Map<String, Account> accounts, List<String> problems) {
        Map<?, ?> balances = balances(read);
        long total = 0;
        for (Map.Entry<?, ?> entry : balances.entrySet()) {
            Object found = entry.getValue();
            long balance = Words.number(found, read);
            total += balance;
            Account account = account(accounts, entry.getKey());
            long least = initialBalance + account.sureIn.before(read.call()) - account.mostOut.upTo(read.ret());
            long most = initialBalance + account.mostIn.upTo(read.ret()) - account.sureOut.before(read.call());
            String of = "bank " + name + ": account " + entry.getKey() + " has " + balance;
            if (balance < 0) {
                problems.add(of + ", below zero, in " + Words.of(read));
            }
            if (balance < least || balance > most) {
                problems.add(of + ", although its transfers allow " + least + " to " + most + ", in " + Words.of(read));
            }
        }
        if (balances.size() != accounts.size()) {
            problems.add(
                    "bank " + name + ": of the accounts " + accounts.keySet() + " not all are in " + Words.of(read));
        } else if (total != initialBalance * accounts.size()) {
            problems.add("bank " + name + ": the total is " + total + " and not " + initialBalance * accounts.size()
                    + " in " + Words.of(read));
        }
    }
}

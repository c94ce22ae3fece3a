package io.cairn.jepsen.workload;

import static io.cairn.jepsen.resp.RawClient.words;

import io.cairn.jepsen.check.Bank;
import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Talk;
import io.cairn.jepsen.resp.Transaction;
import io.cairn.jepsen.resp.Watched;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Banks whose accounts share a hash tag. A transfer watches both accounts, reads them, and moves money in MULTI if there is
 * enough; no balance may become negative and no bank's sum may ever change. A read sees all accounts at once.
 */
public final class BankWorkload implements Workload {
    private static final int BANKS = 6;
    private static final int FEWEST_ACCOUNTS = 5;
    private static final int MOST_ACCOUNTS = 8;
    /** What each account is opened with. */
    public static final long FIRST_BALANCE = 20;

    private static final int LARGEST_AMOUNT = 12;
    private static final double READS = 0.4;

    /** A transfer that would overdraw is not sent; the history calls it by this. */
    public static final String NO_FUNDS = "no funds";

    private final Options options;
    private final List<Branch> banks = new ArrayList<>();
    private final LastReads<Branch> last = new LastReads<>(() -> banks);

    /** One bank: its accounts share a hash tag. */
    private record Branch(SpreadTags.Tag tag, List<String> accounts) {
        byte[][] mget() {
            List<String> command = new ArrayList<>(List.of("MGET"));
            command.addAll(accounts);
            return RawClient.words(command.toArray(new String[0]));
        }
    }

    public BankWorkload(Options options) {
        this.options = options;
        SpreadTags tags = new SpreadTags(options.prefix(), 3);
        for (int i = 0; i < options.keysOr(BANKS); i++) {
            SpreadTags.Tag tag = tags.next();
            List<String> accounts = new ArrayList<>();
            for (int a = 0; a < FEWEST_ACCOUNTS + i % (MOST_ACCOUNTS - FEWEST_ACCOUNTS + 1); a++) {
                accounts.add(tag.key(":" + a));
            }
            banks.add(new Branch(tag, List.copyOf(accounts)));
        }
    }

    @Override
    public String name() {
        return "bank";
    }

    /** Opens the accounts by one MSETNX a bank, which may be sent again: a late first one finds the accounts and does nothing. */
    @Override
    public void setUp(Session session) {
        for (Branch bank : banks) {
            List<String> command = new ArrayList<>(List.of("MSETNX"));
            Map<String, Long> balances = new LinkedHashMap<>();
            for (String account : bank.accounts) {
                command.addAll(List.of(account, Long.toString(FIRST_BALANCE)));
                balances.put(account, FIRST_BALANCE);
            }
            Talk msetnx = Talk.command(command.toArray(new String[0]));
            Outcome outcome;
            do {
                if (!session.timeLeft()) {
                    throw new IllegalStateException(
                            "no answer when the accounts of " + bank.tag.name() + " were opened");
                }
                outcome = session.run("open", bank.tag.name(), bank.tag.slot(), balances, msetnx, reply -> {
                    Replies.integer(reply);
                    return null;
                });
            } while (outcome != Outcome.OK);
        }
    }

    @Override
    public void step(Session session) {
        SplittableRandom random = session.random();
        Branch bank = banks.get(random.nextInt(banks.size()));
        if (random.nextDouble() < READS) {
            read(session, bank, random.nextBoolean(), options.atReplica(random));
        } else {
            transfer(session, bank, random);
        }
    }

    @Override
    public void finalReads(Session session) {
        last.by(session, bank -> read(session, bank, false, false));
    }

    @Override
    public List<Checker> checkers() {
        return Workload.checkers(new Bank(FIRST_BALANCE), name(), NO_FUNDS);
    }

    private static Outcome read(Session session, Branch bank, boolean multi, boolean replica) {
        Talk talk = multi
                ? new Transaction(bank.accounts.stream()
                        .map(account -> words("GET", account))
                        .toList())
                : Talk.command(bank.mget());
        return session.read(
                replica, "read", bank.tag.name(), bank.tag.slot(), null, talk, reply -> balances(bank.accounts, reply));
    }

    private static void transfer(Session session, Branch bank, SplittableRandom random) {
        int first = random.nextInt(bank.accounts.size());
        int second = (first + 1 + random.nextInt(bank.accounts.size() - 1)) % bank.accounts.size();
        String from = bank.accounts.get(first);
        String to = bank.accounts.get(second);
        Long amount = 1L + random.nextInt(LARGEST_AMOUNT);
        List<byte[][]> moves =
                List.of(words("DECRBY", from, amount.toString()), words("INCRBY", to, amount.toString()));
        Watched watched = new Watched(
                words("WATCH", from, to),
                words("MGET", from, to),
                seen -> funds(from, to, seen) >= amount ? moves : List.of());
        Map<String, Object> in = Map.of("from", from, "to", to, "amount", amount);
        long call = session.recorder().now();
        Attempt attempt = session.cluster().talk(bank.tag.slot(), watched);
        Reply seen = watched.seen();
        if (attempt instanceof Attempt.Acknowledged && seen != null && funds(from, to, seen) < amount) {
            session.failed("transfer", bank.tag.name(), in, call, NO_FUNDS);
            return;
        }
        session.record(
                "transfer",
                bank.tag.name(),
                in,
                call,
                attempt,
                reply -> {
                    reply.items().forEach(Replies::integer);
                    return null;
                },
                "");
    }

    /** What the first account holds; less than any amount when one of them is missing. */
    private static long funds(String from, String to, Reply seen) {
        Map<String, Long> held = balances(List.of(from, to), seen);
        Long balance = held.get(from);
        return balance == null || held.size() < 2 ? -1 : balance;
    }

    /** Missing accounts are left out, so that their money is missing, too. */
    private static Map<String, Long> balances(List<String> accounts, Reply reply) {
        if (reply.items().size() != accounts.size()) {
            throw new IllegalArgumentException(reply.text());
        }
        Map<String, Long> balances = new LinkedHashMap<>();
        for (int i = 0; i < accounts.size(); i++) {
            Long balance = Replies.number(reply.items().get(i));
            if (balance != null) {
                balances.put(accounts.get(i), balance);
            }
        }
        return balances;
    }
}

package io.cairn.command;

import java.util.List;

/** The command families of this package, for {@link CommandTable}. */
public final class Families {
    private Families() {}

    /** Commands on data: pure functions of the keyspace and the call, the same in every mode. */
    public static List<List<Command>> data() {
        return data(false);
    }

    /** As {@link #data()}; in a cluster commands on another database than the first are refused in Redis's words. */
    public static List<List<Command>> data(boolean cluster) {
        return List.of(
                StringCommands.table(),
                CounterCommands.table(),
                RangeCommands.table(),
                LcsCommand.table(),
                BitmapCommands.table(),
                HyperLogLogCommands.table(),
                HashCommands.table(),
                HashExpiryCommands.table(),
                SetCommands.table(),
                SetAlgebra.table(),
                SortedSetCommands.table(),
                SortedSetRanges.table(),
                SortedSetPops.table(),
                SortedSetAlgebra.table(),
                SortedSetSamples.table(),
                GeoCommands.table(),
                GeoSearch.table(),
                ListCommands.table(),
                ListMoves.table(),
                BlockingCommands.table(),
                SortCommand.table(cluster),
                KeyCommands.table(cluster),
                ExpiryCommands.table(),
                ScanCommands.table(),
                ObjectCommands.table(),
                MemoryCommands.table(),
                DumpCommands.table(),
                StreamCommands.table(),
                StreamGroupCommands.table(),
                StreamClaimCommands.table(),
                StreamInfoCommands.table(),
                FlushCommands.table(cluster),
                ScriptCommands.data(),
                FunctionCommands.data());
    }

    /**
     * Commands of the connection and the server, the same in every mode.
     *
     * @param replication for INFO and ROLE
     * @param process for INFO
     */
    public static List<List<Command>> session(Replication replication, ProcessFigures process) {
        return List.of(
                ConnectionCommands.table(),
                TransactionCommands.table(),
                new ServerCommands(replication, process).table(),
                new InfoMemory(process).table(),
                new CommandCommands().table(),
                ClientCommands.table(),
                TrackingCommands.table(),
                ConfigCommands.table(),
                AclCommands.table(),
                SlowlogCommands.table(),
                LatencyCommands.table(),
                new DebugHyperLogLog().table(),
                MigrateCommand.table(),
                PubSubCommands.table(),
                FollowerCommands.table(),
                ScriptCommands.session(),
                FunctionCommands.session());
    }
}

package io.cairn.command;

/** What the operating system and the JVM say of the process, for INFO. Any thread; each call measures. */
public interface ProcessFigures {
    /** Resident set, bytes. */
    long residentBytes();

    /** Time spent in user mode since the start, microseconds. */
    long userMicros();

    /** Time spent in the kernel since the start, microseconds. */
    long systemMicros();

    /** Java heap in use, bytes. */
    long heapBytes();

    /** Most that the Java heap may take, bytes. */
    long maxHeapBytes();

    /** Memory of the machine, bytes. */
    long machineBytes();

    long processId();

    /** As "Linux 6.1.0 x86_64". */
    String system();
}

/** What is written after a run: the verdict, the page about one run, the table about all of them. */
@NullMarked
package io.cairn.jepsen.report;

import org.jspecify.annotations.NullMarked;

package io.kooper.internal;

/**
 * An action of this library's own that has to be done at once, on the thread that finds out, as cancelling the handlers when
 * a term ends. It never blocks. What users give is called elsewhere.
 */
@FunctionalInterface
public interface Urgent extends Runnable {}

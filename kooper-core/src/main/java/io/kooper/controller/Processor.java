package io.kooper.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** One step of a job. Decorators add one concern each and call the next; the last one calls the user's handler. */
@FunctionalInterface
interface Processor<T extends HasMetadata> {

  void process(Job<T> job) throws Throwable;
}

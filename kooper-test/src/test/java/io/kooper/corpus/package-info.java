/**
 * Breaks one thing in each of many objects, and compares what an API server refuses of them with what a kube-apiserver
 * refused.
 */
package io.kooper.corpus;

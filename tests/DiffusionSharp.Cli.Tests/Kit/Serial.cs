using Xunit.Sdk;
using Xunit.v3;

// libtorch's threads are shared by the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]

using System.Runtime.CompilerServices;

// Kernels write their stack memory before they read it; zeroing it first would cost as much as some of them.
[module: SkipLocalsInit]

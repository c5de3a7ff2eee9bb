using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>The engine in all the forms that must give the same bits.</summary>
internal static class Forms
{
    /// <summary>Vectors of 128, 256 and 512 bits, each with 1 to 5 threads.</summary>
    public static IReadOnlyList<CpuOptions> All { get; } =
        [.. from bits in (int[])[128, 256, 512] from threads in Enumerable.Range(1, 5) select new CpuOptions { VectorBits = bits, Threads = threads }];

    /// <summary>What the others are compared with.</summary>
    public static Engine First { get; } = CpuEngine.With(All[0]);

    public static string Name(this CpuOptions form) => FormattableString.Invariant($"{form.VectorBits} bits, {form.Threads} threads");
}

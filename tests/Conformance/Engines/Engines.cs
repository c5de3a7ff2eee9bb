using Conformance.Networks;
using DiffusionSharp.Cpu;
using DiffusionSharp.Networks;

namespace Conformance.Engines;

/// <summary>
/// Every engine in every form that computes in float32: a new engine adds itself here and is checked like the others. The tests of libtorch are the
/// same files with another class of this name (tests/DiffusionSharp.Torch.Tests/Conformance).
/// </summary>
internal static class Engines
{
    /// <summary>The managed engine by width of its vectors and number of threads.</summary>
    public static IReadOnlyDictionary<string, Engine> Usable { get; } = (
        from bits in (int[])[128, 256, 512]
        from threads in (int[])[1, 2]
        select KeyValuePair.Create($"cpu, {bits} bits, {threads} threads", CpuEngine.With(new CpuOptions { VectorBits = bits, Threads = threads }))).ToDictionary();

    /// <summary>The form that is taken when nothing is said.</summary>
    public static Engine Usual => CpuEngine.Default;

    /// <summary>What recorded chains are compared with, in which each call's rounding grows.</summary>
    public static Engine ForChains { get; } = (graph, weights) => new ReferenceDenoiser(graph, weights);

    /// <summary>What rounding may do to a random network, as a part of its largest value.</summary>
    public const double Rounding = 2e-5;

    /// <summary>Whether all of them give the same bits.</summary>
    public static bool AreTheSame => true;

    /// <summary>The names of all engines, for theories.</summary>
    public static TheoryData<string> Names => new(Usable.Keys);

    /// <summary>Skips the rest of a test, with the reason, where none can be used.</summary>
    public static void Require()
    {
    }

    /// <summary>An engine by its name.</summary>
    public static Engine Get(string name) => Usable[name];

    /// <summary>For theories: the names of all engines, each with each of other values.</summary>
    public static TheoryData<string, string> With(IEnumerable<string> others) => new(Names.SelectMany(e => others, (e, o) => (e.Data, o)));
}

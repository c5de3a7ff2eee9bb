using DiffusionSharp.Cpu;
using DiffusionSharp.Models;
using DiffusionSharp.Torch.Engine;

namespace Conformance.Engines;

/// <summary>Every engine in every form that computes in float32: a new engine adds itself here and is checked like the others.</summary>
internal static class Engines
{
    /// <summary>The managed engine by width of its vectors and number of threads.</summary>
    public static IReadOnlyDictionary<string, Engine> Managed { get; } = (
        from bits in (int[])[128, 256, 512]
        from threads in (int[])[1, 2]
        select KeyValuePair.Create($"cpu, {bits} bits, {threads} threads", CpuEngine.With(new CpuOptions { VectorBits = bits, Threads = threads }))).ToDictionary();

    public static IReadOnlyDictionary<string, Engine> All { get; } = new Dictionary<string, Engine>(Managed)
    {
        ["torch"] = TorchEngine.Cpu,
        ["torch, channels first"] = TorchEngine.With(new TorchOptions { ChannelsLast = false }),
    };

    /// <summary>For theories: the names of <see cref="All"/>.</summary>
    public static TheoryData<string> Names => new(All.Keys);
}

using DiffusionSharp.Cpu;
using DiffusionSharp.Models;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Torch.Native;

namespace Conformance.Engines;

/// <summary>Every engine in every form that computes in float32: a new engine adds itself here and is checked like the others.</summary>
internal static class Engines
{
    /// <summary>The managed engine by width of its vectors and number of threads.</summary>
    public static IReadOnlyDictionary<string, Engine> Managed { get; } = (
        from bits in (int[])[128, 256, 512]
        from threads in (int[])[1, 2]
        select KeyValuePair.Create($"cpu, {bits} bits, {threads} threads", CpuEngine.With(new CpuOptions { VectorBits = bits, Threads = threads }))).ToDictionary();

    /// <summary>The names of all engines, for theories.</summary>
    public static TheoryData<string> Names => new(Managed.Keys.Concat(Torch.Keys));

    /// <summary>The engines that can be used on this machine.</summary>
    public static IReadOnlyDictionary<string, Engine> Usable { get; } =
        TorchNative.Problem is null ? Managed.Concat(Torch).ToDictionary() : Managed;

    private static Dictionary<string, Engine> Torch => new()
    {
        ["torch"] = TorchEngine.Cpu,
        ["torch, channels first"] = TorchEngine.With(new TorchOptions { ChannelsLast = false }),
    };

    /// <summary>An engine by its name; where it cannot be used the test is skipped with the reason.</summary>
    public static Engine Get(string name)
    {
        if (Torch.ContainsKey(name))
        {
            Libtorch.Require();
        }

        return Usable[name];
    }

    /// <summary>For theories: the names of all engines, each with each of other values.</summary>
    public static TheoryData<string, string> With(IEnumerable<string> others) => new(Names.SelectMany(e => others, (e, o) => (e.Data, o)));
}

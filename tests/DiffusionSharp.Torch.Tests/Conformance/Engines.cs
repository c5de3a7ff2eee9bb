using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Engine;
using TorchSharp;

namespace Conformance.Engines;

/// <summary>libtorch in every form that computes in float32, for the tests that all engines share.</summary>
internal static class Engines
{
    private static readonly Dictionary<string, Engine> All = new()
    {
        ["torch"] = TorchEngine.Cpu,
        ["torch, channels first"] = TorchEngine.With(new TorchOptions { ChannelsLast = false }),
    };

    /// <summary>Both; where libtorch cannot be used the test is skipped with the reason.</summary>
    public static IReadOnlyDictionary<string, Engine> Usable
    {
        get
        {
            Require();
            return All;
        }
    }

    /// <summary>The form that is taken when nothing is said.</summary>
    public static Engine Usual => Get("torch");

    /// <summary>What recorded chains are compared with.</summary>
    public static Engine ForChains => Usual;

    /// <summary>
    /// What rounding may do to a random network. libtorch's group norm takes the mean of squares less the square of the mean, which
    /// leaves few digits of a small variance: 5e-5 was seen in twenty thousand networks, 1.4e-6 before the norm.
    /// </summary>
    public const double Rounding = 3e-4;

    /// <summary>They are rounded differently.</summary>
    public static bool AreTheSame => false;

    /// <summary>The names of all engines, for theories.</summary>
    public static TheoryData<string> Names => new(All.Keys);

    /// <summary>Skips the rest of a test, with the reason, where none can be used.</summary>
    public static void Require()
    {
        Libtorch.Require();

        // On small networks two threads wait for each other.
        torch.set_num_threads(1);
    }

    /// <summary>An engine by its name; where it cannot be used the test is skipped with the reason.</summary>
    public static Engine Get(string name) => Usable[name];

    /// <summary>For theories: the names of all engines, each with each of other values.</summary>
    public static TheoryData<string, string> With(IEnumerable<string> others) => new(Names.SelectMany(e => others, (e, o) => (e.Data, o)));
}

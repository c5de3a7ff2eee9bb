using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Optional;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Cpu;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>An engine, as it was asked for.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Device">Where libtorch runs.</param>
/// <param name="Threads">Threads of a network call; 0 takes all cores.</param>
/// <param name="WeightPrecision">How the managed engine stores weights.</param>
internal sealed record EngineChoice(EngineKind Kind, string Device, int Threads, WeightPrecision WeightPrecision)
{
    /// <summary>Whether an image comes out the same, bit for bit, in any batch, with any number of threads, on any machine.</summary>
    public bool IsExact => Kind == EngineKind.Cpu;

    /// <summary>The engine; loading its library, if it has one, begins here.</summary>
    public Engine Open(CliHost host) => IsExact
        ? CpuEngine.With(new CpuOptions { Threads = Threads, WeightPrecision = WeightPrecision })
        : TorchPart.Open(host, Device, Threads);

    /// <summary>What decides how the network's sums are rounded, besides the options in <see cref="Complete"/>.</summary>
    public string Describe() => IsExact
        ? $"managed engine, arithmetic {CpuEngine.ArithmeticVersion}, {WeightPrecision.ToString().ToLowerInvariant()} weights"
        : $"{TorchPart.Version()} on {Device}, {Processor.Simd()}";

    /// <summary>A recipe's options with what decides the rounding, and without what does not.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="batch">Images in one network call.</param>
    public RecipeOptions Complete(RecipeOptions options, int batch) => IsExact
        ? options.Without("batch", "threads", "device").With(("engine", "cpu"))
        : options.With(("engine", "torch"), ("batch", $"{batch}"), ("threads", $"{TorchPart.Threads}"));
}

using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Data;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>How levels become what the network learns.</summary>
internal sealed class PixelOptions
{
    private readonly Option<Dequantization> dequantize = Parse.Choice(
        "--dequantize", ("none", Dequantization.None), ("uniform", Dequantization.Uniform), ("gaussian", Dequantization.Gaussian));

    private readonly Option<bool> logit = new("--logit");

    public IEnumerable<Option> All => [dequantize, logit];

    /// <summary>The scheduler with the transform asked for, and images clipped to its range.</summary>
    public SchedulerConfig Resolve(ParseResult r, SchedulerConfig scheduler)
    {
        var transform = new PixelTransform
        {
            Dequantization = r.Or(dequantize, scheduler.PixelTransform.Dequantization),
            Logit = r.Or(logit, scheduler.PixelTransform.Logit),
        };
        return transform == scheduler.PixelTransform ? scheduler : scheduler.With(transform);
    }
}

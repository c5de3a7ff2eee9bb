using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>The options of a network that predicts its variance.</summary>
internal sealed class VarianceOptions
{
    public Option<bool> Learn { get; } = new("--learn-variance");

    private readonly Option<double> weight = Parse.Number<double>("--variance-weight");

    public IEnumerable<Option> All => [Learn, weight];

    /// <summary>The network with twice the channels, and the scheduler that says so, where that was asked for or the run has it already.</summary>
    /// <exception cref="DiffusionException">The network cannot, or there is a weight of nothing (<see cref="ErrorKind.Usage"/>).</exception>
    public RunConfig Resolve(ParseResult r, RunConfig config, NetworkConfig? saved)
    {
        var learns = r.Or(Learn, saved is UNetConfig before && before.OutChannels > before.InChannels);
        if (learns)
        {
            config = config.Network is UNetConfig unet
                ? config with
                {
                    Network = unet with { OutChannels = 2 * unet.InChannels },
                    Scheduler = config.Scheduler with { ClassName = "DDPMScheduler", VarianceType = "learned_range" },
                }
                : throw new DiffusionException(ErrorKind.Usage, $"{Learn.Name}: this family of networks is trained with the channels that it has");
        }

        if (!r.Has(weight))
        {
            return config;
        }

        var graph = config.Network.Build();
        return graph.OutputShape.Channels > graph.InputShape.Channels
            ? config with { Training = config.Training with { VarianceWeight = r.GetValue(weight) } }
            : throw new DiffusionException(ErrorKind.Usage, $"{weight.Name} is for a network that predicts its variance: give {Learn.Name}, too");
    }
}

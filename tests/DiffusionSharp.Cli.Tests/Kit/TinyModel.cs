using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>A model folder with a small network of random weights.</summary>
internal static class TinyModel
{
    public static string Save(string folder, int size = 8, int? classes = null, bool guided = false, bool variance = false, ulong seed = 1)
    {
        var unet = UNetConfig.Ddpm(new ImageShape(3, size, size), 8, [1, 2], 1, []) with { NormNumGroups = 4, NumClassEmbeds = guided ? classes + 1 : classes, NullClass = guided ? classes : null, OutChannels = variance ? 6 : 3 };
        var weights = Initializer.Create(UNet.Build(unet), seed);
        foreach (var (index, tensor) in weights.Values.Index().Where(t => t.Item.Data.All(v => v == 0)))
        {
            // The layers that begin at zero would make a network that says nothing.
            CounterNoise.Gaussian(2, index, tensor.Data.AsSpan());
            foreach (ref var v in tensor.Data.AsSpan())
            {
                v *= 0.1f;
            }
        }

        ModelFolder.Save(folder, unet, new SchedulerConfig { NumTrainTimesteps = 100, BetaEnd = 0.2, TimestepSpacing = "trailing" }, weights);
        return folder;
    }
}

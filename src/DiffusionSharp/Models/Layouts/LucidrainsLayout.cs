using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The U-Net of lucidrains' denoising-diffusion-pytorch from names and shapes of its state dict, its schedule from the buffers beside it.</summary>
internal static class LucidrainsLayout
{
    /// <summary>The network and its scheduler.</summary>
    /// <param name="file">The checkpoint, of which the buffers of the schedule are read.</param>
    /// <param name="dict">The state dict.</param>
    /// <param name="set">Where it lies in the file.</param>
    /// <param name="told">What was told: the size of the images must be; schedule and prediction for a network without those buffers.</param>
    /// <param name="stored">The schedule in the file; null when it has none.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is not that network, or does not say enough; what to tell is said.</exception>
    public static CheckpointModel Read(TensorFile file, IReadOnlyDictionary<string, TensorInfo> dict, StateDict set, CheckpointFacts told, StoredSchedule? stored = null)
    {
        var s = new StateDictShapes(file.Path, dict);
        var network = Shape(s, dict);
        if (told.Height is null)
        {
            throw s.Tell("the size of its images", "image_size=64");
        }

        network = network with { Height = told.Height.Value, Width = told.Width!.Value };
        var notes = new List<string> { "the sinusoid's theta 10000 assumed, which no tensor tells" };
        var scheduler = Scheduler(file, s, told, stored, notes);
        scheduler = network.LearnedVariance ? scheduler with { ClassName = "DDPMScheduler", VarianceType = "learned_range" } : scheduler;
        return new CheckpointModel(network, scheduler, set, notes);
    }

    /// <summary>The network, all but the size of its images.</summary>
    public static LucidrainsUNetConfig Shape(StateDictShapes s, IReadOnlyDictionary<string, TensorInfo> dict)
    {
        Refuse(s, dict);
        var levels = Parsed.Count(dict, "downs.", ".0.block1.proj.weight");
        var (dim, first) = (s.In("time_mlp.1.weight"), s.Out("init_conv.weight"));
        int[] widths = [.. Enumerable.Range(0, levels).Select(l => s.Out(l < levels - 1 ? $"downs.{l}.3.1.weight" : $"downs.{l}.3.weight"))];
        if (widths.FirstOrDefault(w => w % dim != 0) is > 0 and var odd)
        {
            throw s.Bad($"a level of {odd} channels is no multiple of its {dim} base channels");
        }

        var (channels, output) = (s.In("init_conv.weight"), s.Out("final_conv.weight"));
        if (channels == 2 * output)
        {
            throw s.Bad($"it takes {channels} channels and predicts {output}: a network with self_condition, which is not supported");
        }

        var attention = Enumerable.Range(0, levels).Select(l => Attention(s, $"downs.{l}.2")).ToArray();
        return new LucidrainsUNetConfig
        {
            Channels = channels,
            Dim = dim,
            InitDim = first == dim ? null : first,
            OutDim = output == channels || output == 2 * channels ? null : output,
            LearnedVariance = output == 2 * channels,
            DimMults = [.. widths.Select(w => w / dim)],
            AttnHeads = Same(attention.Select(a => a.Heads)),
            AttnDimHead = Same(attention.Select(a => a.HeadDim)),
            FullAttn = attention.Index().All(a => a.Item.Full == (a.Index == levels - 1)) ? [] : Same(attention.Select(a => a.Full)),
            NumMemKv = attention[^1].Memory,
        };

        (int Heads, int HeadDim, bool Full, int Memory) Attention(StateDictShapes s, string name)
        {
            var full = dict.ContainsKey($"{name}.to_out.weight");
            var heads = s.Dimension($"{name}.mem_kv", 1);
            return (heads, s.Out($"{name}.to_qkv.weight") / 3 / heads, full, s.Dimension($"{name}.mem_kv", full ? 2 : 3));
        }
    }

    // Networks of the same class name, before and beside the one that is known.
    private static void Refuse(StateDictShapes s, IReadOnlyDictionary<string, TensorInfo> dict)
    {
        if (dict.ContainsKey("time_mlp.0.weights"))
        {
            throw s.Bad("its sinusoid is learned or random (learned_sinusoidal_cond, random_fourier_features), which is not supported");
        }

        if (dict.ContainsKey("downs.0.0.block1.norm.weight"))
        {
            throw s.Bad("its blocks have group norms: an older version of denoising-diffusion-pytorch, of which only the one with RMS norms (block1.norm.g) is supported");
        }

        if (!dict.ContainsKey("downs.0.2.mem_kv"))
        {
            throw s.Bad("its attention has no learned keys and values (mem_kv): another version of denoising-diffusion-pytorch, which is not supported");
        }
    }

    private static SchedulerConfig Scheduler(TensorFile file, StateDictShapes s, CheckpointFacts told, StoredSchedule? stored, List<string> notes)
    {
        var prediction = told.Prediction ?? Prediction(file, stored) ?? throw s.Tell("what it predicts (GaussianDiffusion's objective)", "prediction=v_prediction");
        return stored is null && told.NoiseSchedule is null
            ? throw s.Tell("its noise schedule", "noise_schedule=sigmoid,diffusion_steps=1000")
            : CheckpointScheduler.Infer(
                file.Path,
                told with { Prediction = prediction, NoiseSchedule = told.NoiseSchedule == "sigmoid" ? "sigmoid_lucidrains" : told.NoiseSchedule },
                "linear_scaled_T",
                clip: true,
                stored,
                notes);
    }

    // By the weights of the loss, which GaussianDiffusion keeps beside β.
    private static PredictionType? Prediction(TensorFile file, StoredSchedule? stored) =>
        stored?.Schedule is { } schedule && file.Tensors.TryGetValue(stored.Parent + "loss_weight", out var weights)
            ? LucidrainsDiffusion.Prediction([.. schedule.Betas.Select(b => (float)b)], file.ReadFloat32(weights).Data)
            : null;

    // One value where all levels have the same.
    private static ValueList<T> Same<T>(IEnumerable<T> values)
        where T : IEquatable<T>
    {
        T[] all = [.. values];
        return all.Distinct().Count() == 1 ? [all[0]] : [.. all];
    }
}

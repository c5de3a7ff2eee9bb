using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The network of OpenAI's improved-diffusion and guided-diffusion (unet.py, UNetModel) from names and shapes of its state dict.</summary>
internal static class GuidedLayout
{
    private const int Groups = 32;

    /// <summary>The network and its scheduler.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="dict">The state dict.</param>
    /// <param name="set">Where it lies in the file.</param>
    /// <param name="facts">What was told: the size of the images and the heads of attention must be.</param>
    /// <param name="stored">The schedule in the file; null when it has none.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is not that network, or does not say enough; what to tell is said.</exception>
    public static CheckpointModel Read(string path, IReadOnlyDictionary<string, TensorInfo> dict, StateDict set, CheckpointFacts facts, StoredSchedule? stored = null)
    {
        var s = new StateDictShapes(path, dict);
        Refuse(s, dict);
        var outputs = Parsed.Count(dict, "output_blocks.", ".0.in_layers.0.weight");
        if (outputs == 0)
        {
            throw s.Missing("output_blocks.0.0.in_layers.0.weight");
        }

        // A level of the way up ends with the block that upsamples the image; pooled and plainly upsampled levels leave no parameters, but a gap
        // in the numbers of the way down.
        var up = Enumerable.Range(0, outputs).FirstOrDefault(n => Has($"output_blocks.{n}.{(HasAttention("output_blocks", n) ? 2 : 1)}."), -1);
        var gap = Parsed.Count(dict, "input_blocks.", ".0.in_layers.0.weight", first: 1);
        var pools = up < 0 && gap < outputs;
        var perLevel = up >= 0 ? up + 1 : pools ? gap : outputs;
        if (outputs % perLevel != 0 || perLevel < 2)
        {
            throw s.Bad($"its {outputs} output_blocks are no levels of {perLevel} blocks each");
        }

        var levels = outputs / perLevel;
        var byResnet = up >= 0 && !Has($"output_blocks.{up}.{(HasAttention("output_blocks", up) ? 2 : 1)}.conv.");
        int[] widths = [.. Enumerable.Range(0, levels).Select(l => s.Out($"output_blocks.{(levels - 1 - l) * perLevel}.0.out_layers.3.weight"))];
        bool[] attention = [.. Enumerable.Range(0, levels).Select(l => HasAttention("output_blocks", (levels - 1 - l) * perLevel))];
        if (facts.NumHeads is null && facts.NumHeadChannels is null)
        {
            throw s.Tell(
                $"how many heads its attention has (at {string.Join(", ", widths.Distinct())} channels)",
                $"num_head_channels=64{(facts.Height is null ? ",image_size=64" : "")} as most released models of guided-diffusion have it, or num_heads=4 as those of improved-diffusion");
        }

        if (facts.Height is null)
        {
            throw s.Tell("the size of its images", "image_size=64");
        }

        // CompVis' DDPM wraps the network in a module of this name; its "linear" is a line of the square roots.
        var compVis = (set.DottedPrefix ?? set.Prefix).EndsWith("diffusion_model.", StringComparison.Ordinal);
        var notes = Notes(facts, compVis, stored);
        var scheduler = CheckpointScheduler.Infer(path, facts, compVis ? "scaled_linear" : "linear_scaled_T", clip: true, stored, notes);
        var (input, output) = (s.In("input_blocks.0.0.weight"), s.Out("out.2.weight"));
        var heads = Heads(facts, [.. widths.Where((_, l) => attention[l]), widths[^1]]);
        var network = Network(s, widths, attention, perLevel - 1, byResnet) with
        {
            Height = facts.Height.Value,
            Width = facts.Width!.Value,
            OutChannels = output,
            ResampleWithConv = !pools,
            AttentionHeadDim = heads.Channels,
            AttentionHeads = heads.Count,
            AttentionHeadsUp = heads.Up,
            NumClassEmbeds = dict.ContainsKey("label_emb.weight") ? s.Out("label_emb.weight") : null,
            TimestepScale = facts.RescaleTimesteps == true ? 1000.0 / scheduler.NumTrainTimesteps : 1,
        };
        return new CheckpointModel(
            network,
            output == 2 * input ? scheduler with { ClassName = "DDPMScheduler", VarianceType = "learned_range" } : scheduler,
            set with { Layout = facts.UseNewAttentionOrder == true ? WeightsLayout.GuidedNewOrder : WeightsLayout.Guided },
            notes);

        bool Has(string beginning) => dict.Keys.Any(k => k.StartsWith(beginning, StringComparison.Ordinal));

        bool HasAttention(string blocks, int n) => dict.ContainsKey($"{blocks}.{n}.1.qkv.weight");
    }

    /// <summary>What the code base's networks have in common; the size of the images, the outputs and the heads of attention are still to be told.</summary>
    /// <param name="s">The state dict.</param>
    /// <param name="widths">Channels of each level.</param>
    /// <param name="attention">The levels with attention.</param>
    /// <param name="layers">Residual blocks of a level.</param>
    /// <param name="byResnet">Whether residual blocks halve and double the image.</param>
    public static UNetConfig Network(StateDictShapes s, int[] widths, bool[] attention, int layers, bool byResnet)
    {
        var (first, time) = (s.Out("input_blocks.0.0.weight"), s.In("time_embed.0.weight"));
        return new UNetConfig
        {
            InChannels = s.In("input_blocks.0.0.weight"),
            FreqShift = 0,
            FlipSinToCos = true,
            NormEps = 1e-5,
            NormNumGroups = Groups,
            AttnNormNumGroups = Groups,
            DownsamplePadding = 1,
            BlockOutChannels = [.. widths],
            BaseChannels = first == widths[0] ? null : first,
            TimeChannels = time == first ? null : time,
            LayersPerBlock = layers,
            DownBlockTypes = [.. attention.Select(a => a ? "AttnDownBlock2D" : byResnet ? "ResnetDownsampleBlock2D" : "DownBlock2D")],
            UpBlockTypes = [.. attention.Reverse().Select(a => a ? "AttnUpBlock2D" : byResnet ? "ResnetUpsampleBlock2D" : "UpBlock2D")],
            DownsampleType = byResnet ? "resnet" : "conv",
            UpsampleType = byResnet ? "resnet" : "conv",
            ResnetTimeScaleShift = s.Out("middle_block.0.emb_layers.1.weight") == 2 * widths[^1] ? "scale_shift" : "default",
        };
    }

    // Heads of one width are what UNet2DModel can express, and where all attention has the same channels any number of heads is that.
    private static (int? Channels, int? Count, int? Up) Heads(CheckpointFacts facts, int[] attention) => facts switch
    {
        { NumHeadChannels: int channels } => (channels, null, null),
        { NumHeads: int n } when facts.NumHeadsUpsample is int up && up != n => (null, n, up),
        { NumHeads: int n } when attention.Distinct().Count() == 1 && attention[0] % n == 0 => (attention[0] / n, null, null),
        _ => (null, facts.NumHeads, null),
    };

    // Networks that have its first names.
    private static void Refuse(StateDictShapes s, IReadOnlyDictionary<string, TensorInfo> dict)
    {
        if (dict.Keys.FirstOrDefault(k => k.Contains(".transformer_blocks.", StringComparison.Ordinal)) is { } name)
        {
            throw s.Bad($"it has cross attention ('{Printable.Sanitize(name)}'): a network of latent diffusion, which is not supported");
        }

        if (GuidedClassifierLayout.Is(dict))
        {
            throw s.Bad("it has no output_blocks: a classifier (EncoderUNetModel), which makes no images, but can lead a model that does: give it as the classifier of one");
        }

        if (dict.ContainsKey("out.2.weight") && s.In("input_blocks.0.0.weight") == 6)
        {
            throw s.Bad("it takes 6 channels, an image and a smaller one: a network that enlarges (SuperResModel), which is not supported");
        }
    }

    private static List<string> Notes(CheckpointFacts facts, bool compVis, StoredSchedule? stored)
    {
        var notes = new List<string>();
        if (facts.NoiseSchedule is null && stored is null)
        {
            notes.Add(compVis
                ? "CompVis' linear schedule (diffusers' scaled_linear, β from 0.0001 to 0.02, T = 1000) assumed; tell another with noise_schedule=cosine, or beta_start, beta_end"
                : "the linear schedule (T = 1000) assumed; tell another with noise_schedule=cosine, diffusion_steps=4000");
        }

        if (facts.Prediction is null)
        {
            notes.Add("prediction of ε assumed; tell another with prediction=sample");
        }

        if (facts.RescaleTimesteps is null && (facts.DiffusionSteps ?? stored?.Schedule?.T) is not (null or 1000) && !compVis)
        {
            notes.Add("the network is given t itself, not t·1000/T; tell otherwise with rescale_timesteps=True, which improved-diffusion has by default");
        }

        return notes;
    }
}

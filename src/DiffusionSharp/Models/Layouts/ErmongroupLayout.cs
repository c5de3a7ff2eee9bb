using DiffusionSharp.Data;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The DDIM authors' network (ermongroup/ddim, models/diffusion.py) from names and shapes of its state dict.</summary>
internal static class ErmongroupLayout
{
    // Every published configuration has its attention there.
    private const int UsualAttention = 16;

    /// <summary>The network and its scheduler.</summary>
    /// <param name="path">The checkpoint; the configuration file beside it is read.</param>
    /// <param name="dict">The state dict.</param>
    /// <param name="set">Where it lies in the file.</param>
    /// <param name="told">What was told from outside.</param>
    /// <param name="stored">The schedule in the file; null when it has none.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: it is not that network, or does not say enough; what to tell is said.</exception>
    public static CheckpointModel Read(string path, IReadOnlyDictionary<string, TensorInfo> dict, StateDict set, CheckpointFacts told, StoredSchedule? stored = null)
    {
        var s = new StateDictShapes(path, dict);
        var levels = Parsed.Count(dict, "down.", ".block.0.conv1.weight");
        var blocks = Parsed.Count(dict, "down.0.block.", ".conv1.weight");
        if (levels == 0 || blocks == 0)
        {
            throw s.Missing("down.0.block.0.conv1.weight");
        }

        var channels = s.Out("conv_in.weight");
        int[] widths = [.. Enumerable.Range(0, levels).Select(l => s.Out($"down.{l}.block.0.conv1.weight"))];
        bool[] attention = [.. Enumerable.Range(0, levels).Select(l => dict.ContainsKey($"down.{l}.attn.0.norm.weight"))];
        var file = ErmongroupConfigFile.Beside(path, channels, widths.Select(w => w / channels), blocks, attention, required: told.Height is null);
        var facts = file?.Complete(told) ?? told;
        var notes = new List<string>();
        if (facts.Height is null)
        {
            var level = Array.IndexOf(attention, true);
            var side = level < 0 ? throw s.Tell("the size of its images", "image_size=32") : UsualAttention << level;
            notes.Add($"image size {side} assumed: attention of level {level} at {UsualAttention}×{UsualAttention}, as in all published models of this kind; tell another with image_size=…");
            facts = facts with { Height = side, Width = side };
        }

        if (facts.NoiseSchedule is null && stored is null)
        {
            notes.Add("the linear schedule of DDPM (β from 0.0001 to 0.02, T = 1000) assumed; tell another with noise_schedule=…");
        }

        var scheduler = CheckpointScheduler.Infer(path, facts, "linear", clip: false, stored, notes);
        return new CheckpointModel(
            UNetConfig.FromLevels(channels, widths, blocks, attention) with
            {
                Height = facts.Height!.Value,
                Width = facts.Width!.Value,
                InChannels = s.In("conv_in.weight"),
                OutChannels = s.Out("conv_out.weight"),
                ResampleWithConv = levels == 1 || dict.ContainsKey("down.0.downsample.conv.weight"),
                Dropout = file?.Dropout ?? 0,
            },
            scheduler.With(file?.PixelTransform() ?? PixelTransform.None),
            set,
            notes);
    }

    /// <summary>Refuses a network that the DDIM authors' code cannot build.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Configuration"/>: it differs in other options than that code has.</exception>
    public static void RequireExpressible(NetworkConfig network)
    {
        var there = network is not UNetConfig config ? null : UNetConfig.FromLevels(
            config.FirstChannels, [.. config.BlockOutChannels], config.LayersPerBlock, [.. config.DownBlockTypes.Select(t => t == "AttnDownBlock2D")]) with
        {
            Height = config.Height,
            Width = config.Width,
            InChannels = config.InChannels,
            OutChannels = config.OutChannels,
            ResampleWithConv = config.ResampleWithConv,
            Dropout = config.Dropout,
        };
        if (there is null || network != there || there.Height != there.Width || there.BlockOutChannels.Any(c => c % there.FirstChannels != 0))
        {
            throw new DiffusionException(
                ErrorKind.Configuration, $"the DDIM authors' code has no such network: {string.Join("; ", network is UNetConfig unet ? Strange(unet) : ["it is of another family"])}");
        }
    }

    // What of a network that code does not have, and what it has.
    private static string[] Strange(UNetConfig u)
    {
        (bool Is, string What)[] differences =
        [
            (u.Height != u.Width, $"images of {u.Height}×{u.Width}, where its are square"),
            (u.BlockOutChannels.Any(c => c % u.FirstChannels != 0), $"widths {string.Join(", ", u.BlockOutChannels)}, where its are multiples of the first convolution's ({u.FirstChannels})"),
            (u.NormNumGroups != 32 || u.AttnNormNumGroups is not (null or 32), $"{(u.NormNumGroups != 32 ? u.NormNumGroups : u.AttnNormNumGroups)} groups in a norm, where it has 32"),
            (u.NormEps != 1e-6, FormattableString.Invariant($"ε = {u.NormEps} in the norms, where it has 1e-6")),
            (u.AttentionHeadDim is not null || u.AttentionHeads is not null || u.AttentionHeadsUp is not null, "attention with several heads, where it has one"),
            (!u.MidBlock || !u.AddAttention, "no attention in the middle, where it has one"),
            (u.DownsamplePadding != 0, "strides padded on all sides, where its are padded right and bottom"),
            (u.FlipSinToCos || u.FreqShift != 1, "another embedding of timesteps, where it has sines before cosines"),
            (u.NumClassEmbeds is not null || u.ClassEmbedType is not null, "labels, where it has none"),
            (u.ResnetTimeScaleShift != "default", "scale-shift, where it has none"),
        ];
        string[] told = [.. differences.Where(d => d.Is).Select(d => d.What)];
        return told.Length > 0 ? told : ["blocks that it does not have"];
    }
}

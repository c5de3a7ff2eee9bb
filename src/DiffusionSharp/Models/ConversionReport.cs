using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Models;

/// <summary>What a conversion did.</summary>
public sealed record ConversionReport
{
    /// <summary>What the source is made as.</summary>
    public required TensorContainer Container { get; init; }

    /// <summary>By whose names the source stores its weights.</summary>
    public required WeightsLayout From { get; init; }

    /// <summary>The class in the written config.json: <c>UNet2DModel</c> opens in diffusers, all others do not.</summary>
    public required string NetworkClass { get; init; }

    /// <summary>Whether diffusers has that class.</summary>
    public bool OpensInDiffusers => NetworkClass == UNetConfigJson.DiffusersClass;

    /// <summary>By whose names the weights are written: diffusers' where its class fits, else the source's.</summary>
    public required WeightsLayout To { get; init; }

    /// <summary>The network's parameters, all of which were found in the source.</summary>
    public required int Parameters { get; init; }

    /// <summary>Values in them.</summary>
    public required long Values { get; init; }

    /// <summary>Tensors of the source that are no part of the network: the optimizer's, other sets of weights, buffers.</summary>
    public required IReadOnlyList<string> Unused { get; init; }

    /// <summary>Bytes of the source that were compared with its checksums; 0 where it has none.</summary>
    public required long Verified { get; init; }

    /// <summary>
    /// The largest difference, relative to a tensor's largest value, between the written folder and the source, read anew and parameter by
    /// parameter; 0 unless weights are written in 16 bits.
    /// </summary>
    public required double MaxDifference { get; init; }

    /// <summary>What was assumed of the source, in sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

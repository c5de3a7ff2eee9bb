using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>Where each layout keeps a parameter.</summary>
internal static class LayoutNames
{
    /// <summary>The names of a layout.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="config">The network, of a kind that the layout has; the names of <see cref="WeightsLayout.Diffusers"/> need none.</param>
    /// <param name="tensors">The state dict, for layouts with more than one name for a parameter.</param>
    public static Func<string, SourceName> Mapping(WeightsLayout layout, NetworkConfig? config, IReadOnlyDictionary<string, TensorInfo> tensors) => layout switch
    {
        WeightsLayout.Diffusers => name => new(tensors.ContainsKey(name) ? name : AttentionNames.ToOld(name)),
        WeightsLayout.Ermongroup => name => new(ErmongroupNames.Map(name, (UNetConfig)config!)),
        WeightsLayout.Guided or WeightsLayout.GuidedNewOrder => name => GuidedNames.Map(name, (UNetConfig)config!, layout == WeightsLayout.GuidedNewOrder),
        WeightsLayout.Lucidrains => LucidrainsNames.Map,
        _ => throw new ArgumentOutOfRangeException(nameof(layout), layout, null),
    };
}

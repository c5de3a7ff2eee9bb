using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Configs;

/// <summary>A model folder's config.json of any kind of network.</summary>
internal static class NetworkConfigJson
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">The size of the images where the file does not say it; null when it is not told.</param>
    /// <returns>The network, by whose names its tensors are stored, and whether they are an average that diffusers' EMAModel saved.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: unreadable, or with unsupported options, all of which are named.</exception>
    public static (NetworkConfig Network, WeightsLayout Layout, bool IsAverage) Read(string path, (int Rows, int Columns)? size = null) =>
        Parse(ConfigReader.ReadText(path), path, size);

    /// <summary>Reads JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">Names the text in messages.</param>
    /// <param name="size">As above.</param>
    /// <returns>As above.</returns>
    /// <exception cref="DiffusionException">As above.</exception>
    public static (NetworkConfig Network, WeightsLayout Layout, bool IsAverage) Parse(string json, string path, (int Rows, int Columns)? size = null)
    {
        var r = ConfigReader.Parse(path, json);
        var name = r.Required("_class_name", UNetConfigJson.DiffusersClass, UNetConfigJson.OwnClass, LucidrainsUNetConfigJson.Class);
        var (lucidrains, layout) = (name == LucidrainsUNetConfigJson.Class, LayoutJson.Read(r));
        return layout != WeightsLayout.Diffusers && lucidrains != (layout == WeightsLayout.Lucidrains)
            ? throw ConfigReader.Bad(path, $"{LayoutJson.Key} {LayoutJson.Name(layout)} is not for the class {name}")
            : (lucidrains ? LucidrainsUNetConfigJson.Parse(json, path, size) : UNetConfigJson.Parse(json, path, size), layout, EmaModelJson.Read(r));
    }

    /// <summary>The text, and the class it names.</summary>
    public static (string Json, string Class) Write(NetworkConfig network, WeightsLayout layout) => network switch
    {
        UNetConfig unet => (UNetConfigJson.ToJson(unet, layout), UNetConfigJson.ClassOf(unet)),
        LucidrainsUNetConfig unet => (LucidrainsUNetConfigJson.ToJson(unet, layout), LucidrainsUNetConfigJson.Class),
        _ => throw new ArgumentOutOfRangeException(nameof(network), network, null),
    };
}

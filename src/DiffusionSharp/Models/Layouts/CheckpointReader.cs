using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Models.Layouts;

/// <summary>Recognises whose network a file of tensors holds, and which of its sets of weights is meant.</summary>
internal static class CheckpointReader
{
    /// <summary>Reads what there is to know of a checkpoint.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="raw">The weights themselves instead of their moving average, where it has both.</param>
    /// <param name="average">The moving average, and nothing else.</param>
    /// <param name="told">What it does not say of itself.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: no known network is in it, or it does not say enough; what to do is said.</exception>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: it has not the weights that were asked for.</exception>
    public static CheckpointModel Read(TensorFile file, bool raw, bool average, CheckpointFacts told)
    {
        var all = StateDict.Find(file.Tensors);
        if (all.Count == 0)
        {
            throw Unknown(file);
        }

        var dict = all.FirstOrDefault(d => d.IsAverage != raw) ?? (raw ? throw new DiffusionException(
            ErrorKind.Usage, $"model file '{file.Path}' holds a moving average only ({Where(all[0])}); do not ask for the weights themselves (raw)") : all[0]);
        var unknown = dict.IsAverage || raw ? null : StateDict.UnknownAverage(file.Tensors, all);
        if (average && !dict.IsAverage)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"model file '{file.Path}' holds no moving average that is known by its names{(unknown is null ? "" : $" ('{Printable.Sanitize(unknown)}' may belong to one)")}; to take the weights "
                + $"themselves ({Where(dict)}), do not ask for the average (ema)");
        }

        RefuseLatent(file);
        var tensors = dict.Select(file.Path, file.Tensors);
        var stored = StoredSchedule.Find(file, dict);
        var model = dict.Layout switch
        {
            WeightsLayout.Ermongroup => ErmongroupLayout.Read(file.Path, tensors, dict, told, stored),
            WeightsLayout.Guided => GuidedLayout.Read(file.Path, tensors, dict, told, stored),
            WeightsLayout.Lucidrains => LucidrainsLayout.Read(file, tensors, dict, told, stored),
            _ => throw new DiffusionException(
                ErrorKind.ModelFile,
                $"model file '{file.Path}' holds weights under the names of diffusers' UNet2DModel, whose options are in a config.json: give the folder that holds both "
                + "(save_pretrained makes it)"),
        };
        ConfigReader.Check(file.Path, () => model.Network.Build());
        return unknown is null ? model : model with
        {
            Notes = [.. model.Notes, $"'{Printable.Sanitize(unknown)}' may belong to a moving average whose names are not known: the weights themselves are taken ({Where(dict)})"],
        };
    }

    private static string Where(StateDict dict) => dict.Prefix.Length == 0 ? "at the top" : $"below {dict.Prefix.TrimEnd('.')}";

    // Their networks look like OpenAI's, but what they make are no images.
    private static void RefuseLatent(TensorFile file)
    {
        if (file.Tensors.Keys.FirstOrDefault(n => n.StartsWith("first_stage_model.", StringComparison.Ordinal)) is { } name)
        {
            throw new DiffusionException(
                ErrorKind.ModelFile, $"model file '{file.Path}' holds an autoencoder ('{Printable.Sanitize(name)}') beside its network: latent diffusion, which is not supported");
        }
    }

    private static DiffusionException Unknown(TensorFile file)
    {
        if (OptimizerState.Is(file))
        {
            return new DiffusionException(
                ErrorKind.ModelFile,
                $"model file '{file.Path}' holds the state of an optimizer ({Shown(file)}) and no network: give the file or folder of the weights, which is mostly beside it (unet/, model.pt, ema.pt)");
        }

        return new DiffusionException(
            ErrorKind.ModelFile,
            $"model file '{file.Path}' holds {file.Tensors.Count} tensors ({Shown(file)}) and none of the networks that are known by their names: the DDIM "
            + "authors' (ermongroup/ddim), OpenAI's (improved-diffusion, guided-diffusion), lucidrains' (denoising-diffusion-pytorch) or diffusers' UNet2DModel; "
            + "ddim inspect prints all of it (tensors)");
    }

    private static string Shown(TensorFile file) =>
        string.Join(", ", file.Tensors.Take(3).Select(t => $"{Printable.Sanitize(t.Key)} [{string.Join(", ", t.Value.Shape)}]")) + (file.Tensors.Count > 3 ? ", …" : "");
}

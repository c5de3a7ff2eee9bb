namespace DiffusionSharp.Models.Configs;

/// <summary>The bookkeeping that diffusers' EMAModel leaves in the config.json of its networks (<c>unet_ema</c>).</summary>
internal static class EmaModelJson
{
    private static readonly string[] Keys = ["decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step", "use_ema_warmup"];

    /// <summary>Passes over it; whether it is there, and the network is an average.</summary>
    public static bool Read(ConfigReader r)
    {
        foreach (var key in Keys)
        {
            r.Ignore(key, _ => true, "");
        }

        return r.Has("optimization_step");
    }
}

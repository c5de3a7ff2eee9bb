using System.Runtime.CompilerServices;
using System.Text.Json;
using DiffusionSharp.Torch.Checks;

namespace DiffusionSharp.Torch.Tests.Native;

/// <summary>Loads libtorch before any test, as every entry point of the project does.</summary>
internal static class LoadTorch
{
    public const string ReportOnly = "DIFFUSIONSHARP_TEST_REPORT_NATIVE";

    [ModuleInitializer]
    internal static void Load()
    {
        if (Environment.GetEnvironmentVariable(ReportOnly) is not null)
        {
            Console.WriteLine(JsonSerializer.Serialize(TorchHealth.Status));
            Environment.Exit(0);
        }

        _ = TorchHealth.Problem;
    }
}

namespace DiffusionSharp.Shapes32;

/// <summary>The model shapes-32: drawings of six shapes, 3×32×32, trained on <c>builtin:shapes</c>. Its card lies in its folder.</summary>
public static class Shapes32Model
{
    /// <summary>The model's folder, beside the program: <c>DiffusionModel.Load(Shapes32Model.Folder, CpuEngine.Default)</c>.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "models", "shapes-32");
}

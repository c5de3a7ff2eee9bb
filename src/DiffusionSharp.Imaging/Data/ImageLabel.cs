using System.Text.Json;

namespace DiffusionSharp.Imaging.Data;

/// <summary>The label of one image, a number or a name.</summary>
internal readonly record struct ImageLabel(long? Number, string? Name)
{
    private const int MostShown = 40;

    /// <summary>Reads a label in JSON.</summary>
    /// <param name="json">A number, a text or null.</param>
    /// <exception cref="FormatException">It is something else; the message says what was found.</exception>
    public static ImageLabel FromJson(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return default;
            case JsonValueKind.String:
                return new ImageLabel(null, json.GetString());
            case JsonValueKind.Number when json.TryGetInt64(out var number):
                return new ImageLabel(number, null);
            default:
                var text = json.GetRawText();
                throw new FormatException($"the label is {text[..Math.Min(MostShown, text.Length)]}; the number or the name of one class is expected");
        }
    }

    /// <summary>Hands the label to a collector.</summary>
    public void AddTo(LabelCollector collector)
    {
        if (Name is null)
        {
            collector.Add(Number);
        }
        else
        {
            collector.Add(Name);
        }
    }
}
